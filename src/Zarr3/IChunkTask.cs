using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3;

/// <summary>One chunk's share of a read or a write. Shares are independent: they may run in any order and at the same time.</summary>
internal interface IChunkTask
{
    /// <summary>Bytes of the elements that are moved.</summary>
    long Bytes { get; }

    /// <summary>Bytes of memory that the work holds at most, the caller's included.</summary>
    long MemoryBytes { get; }

    /// <summary>Does the work.</summary>
    ValueTask RunAsync(CancellationToken cancellationToken);

    /// <summary>Does the work of many chunks in parallel, within a budget of bytes.</summary>
    static async Task RunAsync(
        IEnumerable<IChunkTask> tasks, int degreeOfParallelism, long bytesInFlight, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ByteBudget budget = new(bytesInFlight);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = degreeOfParallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(tasks, parallel, async (task, token) =>
        {
            using ByteBudget.Lease lease = await budget.AcquireAsync(task.MemoryBytes, token).ConfigureAwait(false);
            await task.RunAsync(token).ConfigureAwait(false);
            progress?.Report(task.Bytes);
        }).ConfigureAwait(false);
    }
}
