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
