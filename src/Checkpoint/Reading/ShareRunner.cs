using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Runs shares of reads in parallel within a budget of bytes.</summary>
internal static class ShareRunner
{
    /// <param name="work">The shares, in the order in which they are begun.</param>
    /// <param name="options">The budget and the number of workers.</param>
    /// <param name="done">Told of each batch that was read, from any thread.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task RunAsync(
        IEnumerable<ShareBatch> work, RestoreOptions options, Action<ShareBatch> done, CancellationToken cancellationToken)
    {
        ByteBudget budget = new(options.BytesInFlight);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.MaxParallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(work, parallel, async (batch, token) =>
        {
            using (await budget.AcquireAsync(batch.MemoryBytes, token).ConfigureAwait(false))
            {
                await batch.RunAsync(token).ConfigureAwait(false);
            }

            done(batch);
        }).ConfigureAwait(false);
    }
}
