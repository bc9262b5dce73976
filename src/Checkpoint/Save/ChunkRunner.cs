using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>Writes the chunks of many arrays in parallel within a budget of bytes, small ones in batches.</summary>
internal static class ChunkRunner
{
    // Bytes and chunks of a batch: enough work to be worth a turn, little enough to spread over all processors.
    private const long BatchBytes = 1 << 20;
    private const int BatchChunks = 128;

    public static async Task RunAsync(IEnumerable<IChunkTask> chunks, SaveOptions options, long totalBytes, CancellationToken cancellationToken)
    {
        ByteBudget budget = new(options.BytesInFlight);
        long written = 0;
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.MaxParallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Batches(chunks), parallel, async (batch, token) =>
        {
            using (await budget.AcquireAsync(batch.Max(chunk => chunk.MemoryBytes), token).ConfigureAwait(false))
            {
                foreach (IChunkTask chunk in batch)
                {
                    token.ThrowIfCancellationRequested();
                    await chunk.RunAsync(token).ConfigureAwait(false);
                }
            }

            long now = Interlocked.Add(ref written, batch.Sum(chunk => chunk.Bytes));
            options.Progress?.Report(new SaveProgress(now, totalBytes));
        }).ConfigureAwait(false);
    }

    private static IEnumerable<List<IChunkTask>> Batches(IEnumerable<IChunkTask> chunks)
    {
        List<IChunkTask> batch = [];
        long bytes = 0;
        foreach (IChunkTask chunk in chunks)
        {
            batch.Add(chunk);
            bytes += chunk.Bytes;
            if (bytes >= BatchBytes || batch.Count >= BatchChunks)
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
