using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>
/// Restores leaves in parallel. The chunks of all arrays make one list of work: those of the largest chunks first, so that none is left alone at the
/// end, then small arrays in batches that share memory.
/// </summary>
internal static class RestoreOperation
{
    // An array up to this size is read in a batch with others: what it costs beside its bytes counts then.
    private const long SmallArray = 64 << 10;

    // Bytes and leaves of a batch: enough work to be worth a turn, little enough to spread over all processors.
    private const long BatchBytes = 4 << 20;
    private const int BatchLeaves = 256;

    // Small arrays share buffers; each begins at a multiple of this, which suits every element type.
    private const long Alignment = 64;

    /// <summary>Restores a region of one leaf.</summary>
    public static async Task<RestoredLeaf> RunAsync(CheckpointLeaf leaf, long[] origin, long[] shape, CancellationToken cancellationToken)
    {
        LeafRead read = LeafRead.Region(leaf, origin, shape);
        if (leaf.Source is null)
        {
            return new RestoredLeaf(leaf, shape, default, null);
        }

        NativeBuffer buffer = new(read.Bytes);
        try
        {
            RestoreOptions options = new();
            PlanOptions plan = new() { MaxParallelism = options.MaxParallelism, MaxMemory = options.MaxMemory };
            await new TransferRunner(options.MaxMemory, options.MaxParallelism).RunAsync(read.Tasks(buffer, plan), cancellationToken).ConfigureAwait(false);
            return new RestoredLeaf(leaf, shape, buffer, buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>Restores leaves.</summary>
    /// <param name="reads">What is read of which.</param>
    /// <param name="options">At what cost.</param>
    /// <param name="counter">Counts the bytes that are read; null where nobody asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<RestoredTree> RunAsync(LeafRead[] reads, RestoreOptions options, ByteCounter? counter, CancellationToken cancellationToken)
    {
        RestoredLeaf[] restored = new RestoredLeaf[reads.Length];
        List<NativeBuffer> shared = [];
        try
        {
            (List<int> large, List<List<int>> small) = Allocate(reads, restored, shared);
            RestoreProgressCounter progress = new(reads, options.Progress);
            TransferRunner runner = new(options.MaxMemory, options.MaxParallelism) { Moved = progress.Add };
            await runner.RunAsync(Work(reads, restored, large, small, options, counter, progress), cancellationToken).ConfigureAwait(false);
            return new RestoredTree(restored, shared) { BytesRead = counter?.Bytes };
        }
        catch
        {
            new RestoredTree([.. restored.Where(leaf => leaf is not null)], shared).Dispose();
            throw;
        }
    }

    /// <summary>All work, made as it is asked for: a list of the chunks of all large arrays may be long.</summary>
    private static IEnumerable<IChunkTask> Work(
        LeafRead[] reads,
        RestoredLeaf[] restored,
        List<int> large,
        List<List<int>> small,
        RestoreOptions options,
        ByteCounter? counter,
        RestoreProgressCounter progress)
    {
        long total = reads.Sum(read => read.Bytes);
        foreach (int index in large)
        {
            int workers = PlanOptions.Workers(options.MaxParallelism, reads[index].Leaf.Source!.ShareBytes, total);
            PlanOptions plan = new() { MaxParallelism = workers, MaxMemory = options.MaxMemory, Counter = counter };
            foreach (IChunkTask task in reads[index].Tasks(restored[index].Elements, plan))
            {
                yield return task;
            }

            progress.AddLeaves(1);
        }

        foreach (List<int> leaves in small)
        {
            yield return new SmallLeavesTask(restored, leaves, counter);
            progress.AddLeaves(leaves.Count);
        }
    }

    /// <summary>Gives every leaf its memory.</summary>
    /// <returns>The large leaves, those of the largest chunks first, and the small ones in batches.</returns>
    private static (List<int> Large, List<List<int>> Small) Allocate(LeafRead[] reads, RestoredLeaf[] restored, List<NativeBuffer> shared)
    {
        List<int> large = [];
        List<List<int>> batches = [];
        List<int> small = [];
        long bytes = 0;
        for (int index = 0; index < reads.Length; index++)
        {
            LeafRead read = reads[index];
            CheckpointLeaf leaf = read.Leaf;
            if (leaf.Source is null)
            {
                restored[index] = new RestoredLeaf(leaf, leaf.Shape, default, null);
            }
            else if (read.Bytes > SmallArray || !read.IsPlain)
            {
                NativeBuffer buffer = new(read.Bytes);
                restored[index] = new RestoredLeaf(leaf, read.Shape, buffer, buffer, read.DataType);
                large.Add(index);
            }
            else
            {
                small.Add(index);
                bytes += Aligned(leaf.LogicalBytes);
                if (small.Count == BatchLeaves || bytes >= BatchBytes)
                {
                    Share(reads, restored, shared, small, bytes);
                    batches.Add(small);
                    small = [];
                    bytes = 0;
                }
            }
        }

        if (small.Count > 0)
        {
            Share(reads, restored, shared, small, bytes);
            batches.Add(small);
        }

        large.Sort((left, right) => reads[right].Leaf.Source!.ShareBytes.CompareTo(reads[left].Leaf.Source!.ShareBytes));
        return (large, batches);
    }

    private static void Share(LeafRead[] reads, RestoredLeaf[] restored, List<NativeBuffer> shared, List<int> batch, long bytes)
    {
        NativeBuffer buffer = new(bytes);
        shared.Add(buffer);
        LongMemory memory = buffer;
        long offset = 0;
        foreach (int index in batch)
        {
            CheckpointLeaf leaf = reads[index].Leaf;
            restored[index] = new RestoredLeaf(leaf, leaf.Shape, memory.Slice(offset, leaf.LogicalBytes), null);
            offset += Aligned(leaf.LogicalBytes);
        }
    }

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
