using System.Globalization;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Workloads;

/// <summary>The data sets that restores and saves are measured with: checkpoints of normal(0, 0.02) weights.</summary>
internal static class DataSets
{
    private const long Columns = 4096;
    private const int Layers = 16;
    private const long PayloadBytes = 512L << 20;
    private const long ShardBytes = 64L << 20;
    private const long InnerRows = (1L << 20) / (Columns * sizeof(float));

    public static readonly string[] Names =
    [
        "f32-zarr2-zstd", "f32-zarr2-raw", "bf16-zarr2-zstd", "f32-zarr3-zstd", "bf16-zarr3-zstd", "f32-zarr3-zstd-folders", "many-10k", "small-100", "sharded",
    ];

    /// <summary>Writes data sets into a folder; those that are there stay.</summary>
    public static async Task MakeAsync(string folder, IReadOnlyCollection<string> names)
    {
        Directory.CreateDirectory(folder);
        WriteValues(Path.Combine(folder, "f32.bin"), Weights.FillFloat32);
        WriteValues(Path.Combine(folder, "bf16.bin"), Weights.FillBFloat16);
        foreach (string name in names)
        {
            string path = Path.Combine(folder, name);
            if (Directory.Exists(path))
            {
                continue;
            }

            if (name == "sharded")
            {
                await MakeShardedAsync(path);
            }
            else
            {
                using Source source = Source.Create(name);
                await CheckpointWriter.SaveAsync(path, source.Tree, Options(name));
            }

            await Console.Error.WriteLineAsync($"made {path}");
        }
    }

    // What C's zstd is measured with.
    private static void WriteValues(string path, Action<Span<byte>, int> fill)
    {
        if (!File.Exists(path))
        {
            byte[] values = new byte[32 << 20];
            fill(values, 1);
            File.WriteAllBytes(path, values);
        }
    }

    /// <summary>How a data set is stored.</summary>
    public static SaveOptions Options(string name) => new()
    {
        UseOcdbt = !name.EndsWith("folders", StringComparison.Ordinal),
        UseZarr3 = name.Contains("zarr3", StringComparison.Ordinal),
        UseCompression = !name.EndsWith("raw", StringComparison.Ordinal),
    };

    private static async Task MakeShardedAsync(string path)
    {
        const long rows = PayloadBytes / (Columns * sizeof(float));
        const long shardRows = ShardBytes / (Columns * sizeof(float));
        ZarrArray array = await ZarrArray.CreateAsync(new FileKvStore(path), new ArrayCreateOptions
        {
            Format = ZarrFormat.V3,
            DataType = DataType.Parse("float32"),
            Shape = [rows, Columns],
            ShardShape = [shardRows, Columns],
            ChunkShape = [InnerRows, Columns],
            Codecs = [ZarrCodec.Zstd(1)],
        });
        using NativeBuffer values = new(ShardBytes);
        for (long row = 0; row < rows; row += shardRows)
        {
            Weights.FillFloat32(values.AsSpan<byte>(0, (int)ShardBytes), (int)row);
            await array.WriteAsync(values.AsMemory(0, (int)ShardBytes), new ArrayRegion([row, 0], [shardRows, Columns]));
        }
    }

    /// <summary>A tree in memory.</summary>
    internal sealed class Source : IDisposable
    {
        private readonly List<NativeBuffer> _buffers = [];

        private Source()
        {
        }

        public PyTree Tree { get; private set; } = PyTree.None;

        public long Bytes { get; private set; }

        public static Source Create(string name)
        {
            Source source = new();
            source.Tree = name switch
            {
                "small-100" => source.Small(50),
                _ when LeavesOf(name) is { } leaves => source.Small(leaves / 2),
                _ => source.Large(name.StartsWith("bf16", StringComparison.Ordinal) ? "bfloat16" : "float32"),
            };
            return source;
        }

        // "many-10k" is 10,000 arrays, two a block.
        private static int? LeavesOf(string name) =>
            name.StartsWith("many-", StringComparison.Ordinal) && name.EndsWith('k') && int.TryParse(name[5..^1], CultureInfo.InvariantCulture, out int thousands)
                ? thousands * 1000
                : null;

        public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());

        private PyTree Large(string type)
        {
            DataType dataType = DataType.Parse(type);
            long rows = PayloadBytes / Layers / Columns / dataType.Size;
            return PyTree.Dict(Enumerable.Range(0, Layers).Select(layer => KeyValuePair.Create(
                $"layer_{layer:00}", PyTree.Dict(KeyValuePair.Create("kernel", Array(dataType, [rows, Columns], layer))))));
        }

        private PyTree Small(int blocks)
        {
            DataType dataType = DataType.Parse("float32");
            return PyTree.Dict(Enumerable.Range(0, blocks).Select(block => KeyValuePair.Create(
                $"block_{block:0000}",
                PyTree.Dict(
                    KeyValuePair.Create("w", Array(dataType, [16, 16], 2 * block)),
                    KeyValuePair.Create("b", Array(dataType, [16], (2 * block) + 1))))));
        }

        private PyTree Array(DataType dataType, long[] shape, int seed)
        {
            long length = shape.Aggregate((long)dataType.Size, (left, right) => left * right);
            NativeBuffer buffer = new(length);
            _buffers.Add(buffer);
            Bytes += length;
            Span<byte> bytes = buffer.AsSpan<byte>(0, (int)length);
            if (dataType.Size == 2)
            {
                Weights.FillBFloat16(bytes, seed);
            }
            else
            {
                Weights.FillFloat32(bytes, seed);
            }

            return PyTree.FromArrayValue(new ArrayValue(dataType, shape, buffer));
        }
    }
}
