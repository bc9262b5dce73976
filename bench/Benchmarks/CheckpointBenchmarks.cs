using BenchmarkDotNet.Attributes;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;
using OcdbtSharp.Workloads;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Benchmarks;

/// <summary>A checkpoint of 16 MiB: eight arrays of float32 weights in the folder for temporary files.</summary>
public class CheckpointBenchmarks : IMeasuredBytes, IDisposable
{
    private const int Arrays = 8;
    private const int ArrayBytes = 2 << 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("ocdbtsharp-bench-").FullName;
    private readonly List<NativeBuffer> _buffers = [];
    private PyTree _tree = PyTree.None;

    [Params("none", "zstd")]
    public string Compression { get; set; } = "";

    public long BytesPerOperation => Arrays * ArrayBytes;

    private string Saved => Path.Combine(_folder, "saved");

    private SaveOptions Options => new() { UseCompression = Compression == "zstd" };

    [GlobalSetup]
    public void Prepare()
    {
        for (int i = 0; i < Arrays; i++)
        {
            _buffers.Add(new NativeBuffer(ArrayBytes));
            Weights.FillFloat32(_buffers[i].AsSpan<byte>(0, ArrayBytes), i);
        }

        _tree = PyTree.Dict(_buffers.Select((buffer, i) => KeyValuePair.Create(
            $"layer_{i}", PyTree.FromArrayValue(new ArrayValue(DataType.Parse("float32"), [512, ArrayBytes / 512 / sizeof(float)], buffer)))));
        CheckpointWriter.SaveAsync(Saved, _tree, Options).GetAwaiter().GetResult();
    }

    /// <summary>Every file on the disk when it ends.</summary>
    [Benchmark]
    public async Task Save()
    {
        string path = Path.Combine(_folder, "new");
        await CheckpointWriter.SaveAsync(path, _tree, Options);
        Directory.Delete(path, recursive: true);
    }

    [Benchmark]
    public async Task Restore()
    {
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(Saved)).OpenItemAsync();
        using RestoredTree restored = await item.RestoreAsync();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _buffers.ForEach(buffer => buffer.Dispose());
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }

        GC.SuppressFinalize(this);
    }
}
