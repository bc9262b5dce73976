using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;

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

    /// <summary>Reads random rows of the first array with two dimensions, each on its own, and tells how many bytes were read for the inner chunks that they touch, of average length.</summary>
    public static async Task SliceAsync(string path)
    {
        ReadCountingStore store = new(new FileKvStore(path));
        ZarrArray array = File.Exists(Path.Combine(path, "zarr.json"))
            ? await ZarrArray.OpenAsync(store)
            : throw new InvalidOperationException($"{path} is no zarr v3 array");
        long rows = array.Shape[0];
        long chunkRows = array.ReadChunkShape[0];
        Random random = new(1);
        long[] wanted = [.. Enumerable.Range(0, SlicedRows).Select(_ => random.NextInt64(rows))];
        long rowBytes = array.ByteCount / rows;
        long stored = new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        long touched = stored / (array.ByteCount / rowBytes / chunkRows) * SlicedRows;
        byte[] destination = new byte[rowBytes * SlicedRows];
        await Measurement.RunAsync(
            "slice " + Name(path),
            destination.Length,
            async () =>
            {
                store.Bytes = 0;
                await Parallel.ForEachAsync(Enumerable.Range(0, SlicedRows), async (index, token) => await array.ReadAsync(
                    destination.AsMemory((int)(index * rowBytes), (int)rowBytes), new ArrayRegion([wanted[index], 0], [1, array.Shape[1]]), cancellationToken: token));
            },
            more: json =>
            {
                json.WriteNumber("bytes_read", store.Bytes);
                json.WriteNumber("inner_chunk_bytes_touched", touched);
            });
    }

    private static async Task<CheckpointItem> OpenAsync(string path)
    {
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(path);
        return await checkpoint.OpenItemAsync();
    }

    private static string Name(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
}
