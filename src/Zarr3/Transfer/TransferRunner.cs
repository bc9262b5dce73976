using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>Runs tasks in parallel within a budget of bytes, in the order in which they come, small ones in batches.</summary>
/// <param name="maxMemory">Most bytes of memory that the tasks hold together. One that needs more runs alone.</param>
/// <param name="maxParallelism">Most tasks at the same time.</param>
internal sealed class TransferRunner(long maxMemory, int maxParallelism)
{
    // Memory that nobody uses at the moment is at most this part of the budget.
    private const int KeptShare = 4;

    // A task of fewer bytes is run together with others, which are this many, or have this many bytes in all.
    private const long SmallTask = 64 << 10;
    private const int BatchTasks = 128;
    private const long BatchBytes = 1 << 20;

    private readonly ByteBudget _budget = new(maxMemory);

    /// <summary>Told the bytes of elements of each batch that is done, from any thread.</summary>
    public Action<long>? Moved { get; init; }

    /// <summary>Runs tasks; the first that fails ends the others.</summary>
    public async Task RunAsync(IEnumerable<IChunkTask> tasks, CancellationToken cancellationToken)
    {
        // What is kept to be used again is memory, too.
        ScratchBuffer.LimitPool(maxMemory / KeptShare);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = maxParallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Batches(tasks), parallel, async (batch, token) =>
        {
            long memory = 0;
            long bytes = 0;
            foreach (IChunkTask task in batch)
            {
                memory = Math.Max(memory, task.MemoryBytes);
                bytes += task.Bytes;
            }

            using (await _budget.AcquireAsync(memory, token).ConfigureAwait(false))
            {
                foreach (IChunkTask task in batch)
                {
                    token.ThrowIfCancellationRequested();
                    await task.RunAsync(token).ConfigureAwait(false);
                }
            }

            Moved?.Invoke(bytes);
        }).ConfigureAwait(false);
    }

    private static IEnumerable<List<IChunkTask>> Batches(IEnumerable<IChunkTask> tasks)
    {
        List<IChunkTask> batch = [];
        long bytes = 0;
        foreach (IChunkTask task in tasks)
        {
            if (task.Bytes >= SmallTask)
            {
                yield return [task];
                continue;
            }

            batch.Add(task);
            bytes += task.Bytes;
            if (bytes >= BatchBytes || batch.Count >= BatchTasks)
            {
                yield return batch;
                batch = [];
                bytes = 0;
            }
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }
}
