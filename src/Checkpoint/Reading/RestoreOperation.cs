using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

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
        CheckRegion(leaf, origin, shape);
        if (leaf.Source is null)
        {
            return new RestoredLeaf(leaf, shape, default, null);
        }

        NativeBuffer buffer = new(ByteLength(leaf, shape));
        try
        {
            RestoreOptions options = new();
            PlanOptions plan = new() { MaxParallelism = options.MaxParallelism };
            await ShareRunner.RunAsync(Batches(leaf.Source.Plan(origin, shape, buffer, plan)), options, _ => { }, cancellationToken).ConfigureAwait(false);
            return new RestoredLeaf(leaf, shape, buffer, buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>Restores whole leaves.</summary>
    public static async Task<RestoredTree> RunAsync(CheckpointLeaf[] leaves, RestoreOptions options, CancellationToken cancellationToken)
    {
        RestoredLeaf[] restored = new RestoredLeaf[leaves.Length];
        List<NativeBuffer> shared = [];
        try
        {
            (List<int> large, List<List<int>> small) = Allocate(leaves, restored, shared);
            ProgressCounter progress = new(leaves, options.Progress);
            await ShareRunner.RunAsync(Work(restored, large, small, options), options, progress.Add, cancellationToken).ConfigureAwait(false);
            return new RestoredTree(restored, shared);
        }
        catch
        {
            new RestoredTree([.. restored.Where(leaf => leaf is not null)], shared).Dispose();
            throw;
        }
    }

    /// <summary>Cuts shares into batches that are worth a turn.</summary>
    internal static IEnumerable<ShareBatch> Batches(IEnumerable<ReadShare> shares)
    {
        ShareBatch batch = new();
        foreach (ReadShare share in shares)
        {
            batch.Add(share);
            if (batch.Bytes >= BatchBytes || batch.Count >= BatchLeaves)
            {
                yield return batch;
                batch = new ShareBatch();
            }
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    /// <summary>All work, made as it is asked for: a list of the chunks of all large arrays may be long.</summary>
    private static IEnumerable<ShareBatch> Work(RestoredLeaf[] restored, List<int> large, List<List<int>> small, RestoreOptions options)
    {
        long total = restored.Sum(leaf => leaf.ByteLength);
        foreach (int index in large)
        {
            PlanOptions plan = new() { MaxParallelism = PlanOptions.Workers(options.MaxParallelism, restored[index].Leaf.Source!.ShareBytes, total) };
            foreach (ShareBatch batch in Batches(Plan(restored[index], plan)))
            {
                yield return batch;
            }

            yield return new ShareBatch { Leaves = 1 };
        }

        foreach (List<int> leaves in small)
        {
            long bytes = leaves.Sum(index => restored[index].ByteLength);
            long memory = bytes + leaves.Sum(index => restored[index].Leaf.Source!.ShareBytes);
            yield return new ShareBatch(bytes, memory, token => ReadSmallAsync(restored, leaves, token)) { Leaves = leaves.Count };
        }
    }

    private static async ValueTask ReadSmallAsync(RestoredLeaf[] restored, List<int> leaves, CancellationToken cancellationToken)
    {
        HeldValues? held = await HeldValues.ReadAsync(leaves.Select(index => restored[index].Leaf.Source!), cancellationToken).ConfigureAwait(false);
        foreach (int index in leaves)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RestoredLeaf leaf = restored[index];
            if (held is not null && leaf.Leaf.Source is ZarrLeafSource source && source.TryRead(held, leaf.Elements))
            {
                continue;
            }

            foreach (ReadShare share in Plan(leaf, new PlanOptions { Held = held }))
            {
                await share.RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static IEnumerable<ReadShare> Plan(RestoredLeaf leaf, PlanOptions options)
    {
        long[] shape = [.. leaf.Shape];
        return leaf.Leaf.Source!.Plan(new long[shape.Length], shape, leaf.Elements, options);
    }

    /// <summary>Gives every leaf its memory.</summary>
    /// <returns>The large leaves, those of the largest chunks first, and the small ones in batches.</returns>
    private static (List<int> Large, List<List<int>> Small) Allocate(CheckpointLeaf[] leaves, RestoredLeaf[] restored, List<NativeBuffer> shared)
    {
        List<int> large = [];
        List<List<int>> batches = [];
        List<int> small = [];
        long bytes = 0;
        for (int index = 0; index < leaves.Length; index++)
        {
            CheckpointLeaf leaf = leaves[index];
            if (leaf.Source is null)
            {
                restored[index] = new RestoredLeaf(leaf, leaf.Shape, default, null);
            }
            else if (leaf.LogicalBytes > SmallArray)
            {
                NativeBuffer buffer = new(leaf.LogicalBytes);
                restored[index] = new RestoredLeaf(leaf, leaf.Shape, buffer, buffer);
                large.Add(index);
            }
            else
            {
                small.Add(index);
                bytes += Aligned(leaf.LogicalBytes);
                if (small.Count == BatchLeaves || bytes >= BatchBytes)
                {
                    Share(leaves, restored, shared, small, bytes);
                    batches.Add(small);
                    small = [];
                    bytes = 0;
                }
            }
        }

        if (small.Count > 0)
        {
            Share(leaves, restored, shared, small, bytes);
            batches.Add(small);
        }

        large.Sort((left, right) => leaves[right].Source!.ShareBytes.CompareTo(leaves[left].Source!.ShareBytes));
        return (large, batches);
    }

    private static void Share(CheckpointLeaf[] leaves, RestoredLeaf[] restored, List<NativeBuffer> shared, List<int> batch, long bytes)
    {
        NativeBuffer buffer = new(bytes);
        shared.Add(buffer);
        LongMemory memory = buffer;
        long offset = 0;
        foreach (int index in batch)
        {
            CheckpointLeaf leaf = leaves[index];
            restored[index] = new RestoredLeaf(leaf, leaf.Shape, memory.Slice(offset, leaf.LogicalBytes), null);
            offset += Aligned(leaf.LogicalBytes);
        }
    }

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void CheckRegion(CheckpointLeaf leaf, long[] origin, long[] shape)
    {
        if (origin.Length != leaf.Shape.Count || shape.Length != leaf.Shape.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(shape), $"'{leaf.Name}' has {leaf.Shape.Count} dimensions, not {Math.Max(origin.Length, shape.Length)}.");
        }

        for (int dimension = 0; dimension < shape.Length; dimension++)
        {
            if (origin[dimension] < 0 || shape[dimension] < 0 || shape[dimension] > leaf.Shape[dimension] - origin[dimension])
            {
                throw new ArgumentOutOfRangeException(
                    nameof(shape),
                    $"{shape[dimension]} elements from {origin[dimension]} on are not within the {leaf.Shape[dimension]} of dimension {dimension} of '{leaf.Name}'.");
            }
        }
    }

    private static long ByteLength(CheckpointLeaf leaf, long[] shape)
    {
        long length = leaf.DataType!.Size;
        foreach (long size in shape)
        {
            length *= size;
        }

        return length;
    }

    private sealed class ProgressCounter(CheckpointLeaf[] leaves, IProgress<RestoreProgress>? target)
    {
        private readonly Lock _lock = new();
        private readonly long _totalBytes = target is null ? 0 : leaves.Sum(leaf => leaf.LogicalBytes);
        private int _leaves = target is null ? 0 : leaves.Count(leaf => leaf.Source is null);
        private long _bytes;

        public void Add(ShareBatch batch)
        {
            if (target is not null)
            {
                lock (_lock)
                {
                    _leaves += batch.Leaves;
                    _bytes += batch.Bytes;
                    target.Report(new RestoreProgress(_leaves, leaves.Length, _bytes, _totalBytes));
                }
            }
        }
    }
}
