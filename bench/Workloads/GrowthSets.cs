using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Workloads;

/// <summary>Checkpoints as large as real ones: a transformer of any size, and a root of any number of steps.</summary>
internal static class GrowthSets
{
    /// <summary>The leaf that is the largest.</summary>
    public const string Embedding = "params.embedder.embedding";

    private const int BlockBytes = 4 << 20;

    // At 8 GB: 2^31 bytes of an embedding of width 4096, and twelve layers.
    private const double EmbeddingShare = (1L << 31) / 8e9;
    private const double BytesPerLayer = 8e9 * (1 - EmbeddingShare) / 12;

    /// <summary>
    /// Writes the bfloat16 weights of a transformer twice: OUT/one-chunk, where each array is one chunk as Orbax writes it by default, and OUT/chunked, with
    /// chunks of at most <paramref name="chunkBytes"/> in zarr v3. The embedding is 0.27 of all bytes.
    /// </summary>
    public static async Task MakeTransformerAsync(string folder, double gigabytes, long chunkBytes)
    {
        List<NativeBuffer> buffers = [];
        try
        {
            PyTree tree = Transformer((long)(gigabytes * 1e9), buffers);
            await CheckpointWriter.SaveAsync(Path.Combine(folder, "one-chunk"), tree);
            await CheckpointWriter.SaveAsync(Path.Combine(folder, "chunked"), tree, new SaveOptions { UseZarr3 = true, ChunkByteSize = chunkBytes });
        }
        finally
        {
            buffers.ForEach(buffer => buffer.Dispose());
        }
    }

    /// <summary>Writes the root of a manager: one step is saved, the others are its files once more, a second later each.</summary>
    public static async Task MakeStepsAsync(string root, int count)
    {
        await using (CheckpointManager manager = await CheckpointManager.OpenAsync(root))
        {
            PyTree tree = PyTree.Dict(("w", ArrayValue.Create(new float[64], shape: [8, 8])), ("step", 0));
            using JsonDocument metrics = JsonDocument.Parse("""{"loss":0.5}""");
            await manager.SaveAsync(0, tree, metrics.RootElement);
            await manager.WaitUntilFinishedAsync();
        }

        string first = Path.Combine(root, "0");
        string[] folders = Directory.GetDirectories(first, "*", SearchOption.AllDirectories);
        (string Name, byte[] Bytes)[] files =
            [.. Directory.GetFiles(first, "*", SearchOption.AllDirectories).Select(file => (Path.GetRelativePath(first, file), File.ReadAllBytes(file)))];
        Parallel.For(1, count, step =>
        {
            string folder = Path.Combine(root, step.ToString(CultureInfo.InvariantCulture));
            Directory.CreateDirectory(folder);
            foreach (string child in folders)
            {
                Directory.CreateDirectory(Path.Combine(folder, Path.GetRelativePath(first, child)));
            }

            foreach ((string name, byte[] bytes) in files)
            {
                File.WriteAllBytes(Path.Combine(folder, name), name == "_CHECKPOINT_METADATA" ? Later(bytes, step) : bytes);
            }
        });
    }

    private static byte[] Later(byte[] metadata, int seconds)
    {
        JsonObject json = JsonNode.Parse(metadata)!.AsObject();
        foreach (string name in new[] { "init_timestamp_nsecs", "commit_timestamp_nsecs" })
        {
            json[name] = json[name]!.GetValue<long>() + (seconds * 1_000_000_000L);
        }

        return System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private static PyTree Transformer(long bytes, List<NativeBuffer> buffers)
    {
        long width = 4096;
        while (width > 64 && 4 * width * width * 2 > 0.3 * bytes)
        {
            width /= 2;
        }

        long rows = Math.Max(1, (long)(bytes * EmbeddingShare / (2 * width)));
        int layers = (int)Math.Max(1, Math.Round(bytes * (1 - EmbeddingShare) / BytesPerLayer));
        double layerBytes = (bytes - (rows * width * 2)) / (double)layers;
        long hidden = Math.Max(16, (long)((layerBytes - (4 * width * width * 2)) / (3 * width * 2)) / 16 * 16);
        PyTree Kernel(params long[] shape) => PyTree.Dict(("kernel", Array(shape, buffers)));
        PyTree Scale() => PyTree.Dict(("scale", Array([width], buffers)));
        PyTree Layer() => PyTree.Dict(
            ("attention", PyTree.Dict(("key", Kernel(width, width)), ("out", Kernel(width, width)), ("query", Kernel(width, width)), ("value", Kernel(width, width)))),
            ("attention_norm", Scale()),
            ("mlp", PyTree.Dict(("down", Kernel(hidden, width)), ("gate", Kernel(width, hidden)), ("up", Kernel(width, hidden)))),
            ("mlp_norm", Scale()));
        List<KeyValuePair<string, PyTree>> parameters = [KeyValuePair.Create("embedder", PyTree.Dict(("embedding", Array([rows, width], buffers))))];
        parameters.AddRange(Enumerable.Range(0, layers).Select(layer => KeyValuePair.Create($"layer_{layer:00}", Layer())));
        parameters.Add(KeyValuePair.Create("norm", Scale()));
        return PyTree.Dict(("params", PyTree.Dict(parameters)));
    }

    private static PyTree Array(long[] shape, List<NativeBuffer> buffers)
    {
        NativeBuffer buffer = new(shape.Aggregate(2L, (left, right) => left * right));
        int seed = buffers.Count << 16;
        buffers.Add(buffer);
        Parallel.For(0L, (buffer.Length + BlockBytes - 1) / BlockBytes, block =>
        {
            long offset = block * BlockBytes;
            Weights.FillBFloat16(buffer.AsSpan<byte>(offset, (int)Math.Min(BlockBytes, buffer.Length - offset)), seed + (int)block);
        });
        return PyTree.FromArrayValue(new ArrayValue(DataType.Parse("bfloat16"), shape, buffer));
    }
}
