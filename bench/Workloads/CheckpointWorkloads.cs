using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Codecs;
using OcdbtSharp.Zarr3.Reading;

namespace OcdbtSharp.Workloads;

/// <summary>What is done with checkpoints: whoever wrote them.</summary>
internal static class CheckpointWorkloads
{
    private const int SlicedRows = 1000;

    /// <summary>Opens a checkpoint and reads every array into fresh memory.</summary>
    public static async Task RestoreAsync(string path)
    {
        long bytes = 0;
        foreach (CheckpointLeaf leaf in (await OpenAsync(path)).Leaves)
        {
            bytes += leaf.LogicalBytes;
        }

        await Measurement.RunAsync("restore " + Name(path), bytes, async () =>
        {
            CheckpointItem item = await OpenAsync(path);
            using RestoredTree restored = await item.RestoreAsync();
        });
    }

    /// <summary>Opens a checkpoint and maps every array, which takes one that is not compressed; then the same, and a restore, with a sum over all elements.</summary>
    public static async Task MapAsync(string path)
    {
        long bytes = (await OpenAsync(path)).Leaves.Sum(leaf => leaf.LogicalBytes);
        await Measurement.RunAsync("map " + Name(path), bytes, () => MapAsync(path, _ => { }));
        ulong mapped = 0;
        await Measurement.RunAsync("map and sum " + Name(path), bytes, async () =>
        {
            mapped = 0;
            await MapAsync(path, elements => Interlocked.Add(ref mapped, Sum(elements.AsSpan<byte>())));
        });
        ulong restored = 0;
        await Measurement.RunAsync("restore and sum " + Name(path), bytes, async () =>
        {
            restored = 0;
            using RestoredTree tree = await (await OpenAsync(path)).RestoreAsync();
            Parallel.ForEach(tree.Leaves, leaf => Interlocked.Add(ref restored, Sum(leaf.AsMemory(0, (int)leaf.ByteLength).Span)));
        });
        if (mapped != restored)
        {
            throw new InvalidDataException("What is mapped is not what is restored.");
        }
    }

    /// <summary>Opens a checkpoint and writes its arrays into a safetensors file.</summary>
    public static async Task ExportAsync(string path, string output)
    {
        long bytes = (await OpenAsync(path)).Leaves.Sum(leaf => leaf.LogicalBytes);
        await Measurement.RunAsync(
            "export " + Name(path), bytes, async () => await CheckpointExport.ToSafetensorsAsync(await OpenAsync(path), output), () => DeleteAsync(output));
    }

    /// <summary>Opens a safetensors file and saves its arrays as a checkpoint, flushed to the disk.</summary>
    public static async Task ImportAsync(string path, string output) => await Measurement.RunAsync(
        "import " + Name(path), new FileInfo(path).Length, () => CheckpointConversion.RunAsync(path, output), () => DeleteAsync(output));

    private static Task DeleteAsync(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }

        return Task.CompletedTask;
    }

    private static async Task MapAsync(string path, Action<MappedArray> use) =>
        await Parallel.ForEachAsync((await OpenAsync(path)).Leaves, async (leaf, token) =>
        {
            using MappedArray elements = await leaf.Array!.MapAsync(cancellationToken: token);
            use(elements);
        });

    private static uint Sum(ReadOnlySpan<byte> bytes) => TensorPrimitives.Sum(MemoryMarshal.Cast<byte, uint>(bytes));

    /// <summary>Opens a checkpoint and looks at every leaf, without values.</summary>
    public static async Task TreeAsync(string path)
    {
        await Measurement.RunAsync("tree " + Name(path), 0, async () =>
        {
            CheckpointItem item = await OpenAsync(path);
            if (item.Tree.ToString() is null)
            {
                throw new InvalidOperationException();
            }
        });
    }

    /// <summary>Reads random rows of an array of shards in one call, and tells how many bytes were read for the inner chunks that they touch.</summary>
    public static async Task SliceAsync(string path)
    {
        ReadCountingStore store = new(new FileKvStore(path));
        ZarrArray array = File.Exists(Path.Combine(path, "zarr.json"))
            ? await ZarrArray.OpenAsync(store)
            : throw new InvalidOperationException($"{path} is no zarr v3 array");
        Random random = new(1);
        ArraySelection rows = ArraySelection.Rows([.. Enumerable.Range(0, SlicedRows).Select(_ => random.NextInt64(array.Shape[0]))]);
        byte[] destination = new byte[array.ByteCount / array.Shape[0] * SlicedRows];
        (int chunks, long touched) = await TouchedAsync(array, rows);
        await Measurement.RunAsync(
            "slice " + Name(path),
            destination.Length,
            async () =>
            {
                store.Bytes = 0;
                await array.ReadSelectionAsync(destination, rows);
            },
            more: json =>
            {
                json.WriteNumber("bytes_read", store.Bytes);
                json.WriteNumber("inner_chunks_touched", chunks);
                json.WriteNumber("inner_chunk_bytes_touched", touched);
            });
    }

    /// <summary>The inner chunks that a selection touches, each once, and their stored bytes as the indices of the shards give them.</summary>
    private static async Task<(int Chunks, long Bytes)> TouchedAsync(ZarrArray array, ArraySelection selection)
    {
        if (array.Metadata.Codecs is not { IsPartial: true, Sharding: { } sharding })
        {
            throw new InvalidOperationException("The array is not sharded.");
        }

        int chunks = 0;
        long bytes = 0;
        foreach (SelectedChunk shard in selection.Resolve(array.Metadata.Shape).Selection.Split(array.Metadata.Grid))
        {
            ChunkSource source = new(array.Store, array.Metadata.KeyEncoding.Encode(shard.Index), 0, null);
            ShardIndex? index = await ShardReader.ReadIndexAsync(sharding, source, default);
            foreach (SelectedChunk inner in array.Metadata.Codecs.StoredOrder(shard.Selection).Split(sharding.Grid))
            {
                if (index is not null && index.TryGet(inner.LinearIndex, out _, out long length))
                {
                    chunks++;
                    bytes += length;
                }
            }
        }

        return (chunks, bytes);
    }

    private static async Task<CheckpointItem> OpenAsync(string path)
    {
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(path);
        return await checkpoint.OpenItemAsync();
    }

    private static string Name(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
}
