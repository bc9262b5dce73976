namespace OcdbtSharp.KvStore;

/// <summary>Writes on the condition that nobody else has written meanwhile, and tries again where somebody has.</summary>
internal static class ConditionalUpdate
{
    // Every lost race means that another writer has won; so many in a row mean that something is wrong with the store.
    private const int MaxAttempts = 1000;
    private const int FirstDelayMilliseconds = 1;
    private const int MaxDelayMilliseconds = 64;

    /// <summary>Tries until it succeeds, with longer pauses from attempt to attempt.</summary>
    /// <param name="attempt">Reads, changes and writes; false where another writer was faster.</param>
    /// <param name="place">What is written, for the error.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">Others were faster a thousand times.</exception>
    public static async ValueTask RunAsync(Func<CancellationToken, ValueTask<bool>> attempt, Func<string> place, CancellationToken cancellationToken)
    {
        int delay = FirstDelayMilliseconds;
        for (int attempts = 0; !await attempt(cancellationToken).ConfigureAwait(false); attempts++)
        {
            if (attempts == MaxAttempts)
            {
                throw new StorageException($"This was changed by others each time that it was written, {MaxAttempts} times.", place());
            }

            await Task.Delay(Random.Shared.Next(delay + 1), cancellationToken).ConfigureAwait(false);
            delay = Math.Min(MaxDelayMilliseconds, 2 * delay);
        }
    }
}
