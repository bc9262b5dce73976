using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Reads of whole small files.</summary>
internal static class StoreReads
{
    /// <summary>The bytes of a file; null where it does not exist.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadFileAsync(this IKvStore store, Key key, CancellationToken cancellationToken)
    {
        ReadResult result = await store.ReadAsync(key, default, cancellationToken).ConfigureAwait(false);
        return result.HasValue ? result.Value : default(ReadOnlyMemory<byte>?);
    }

    /// <summary>The bytes of a file that must exist.</summary>
    /// <exception cref="StorageException">It does not.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadRequiredAsync(this IKvStore store, Key key, string why, CancellationToken cancellationToken) =>
        await store.ReadFileAsync(key, cancellationToken).ConfigureAwait(false)
        ?? throw new StorageException($"This file is missing: {why}.", store.Describe(key));

    /// <summary>Whether a file exists.</summary>
    public static async ValueTask<bool> ExistsAsync(this IKvStore store, Key key, CancellationToken cancellationToken) =>
        (await store.StatAsync(key, cancellationToken).ConfigureAwait(false)).HasValue;

    /// <summary>The store of what lies in a folder.</summary>
    public static IKvStore Folder(this IKvStore store, string name) => store.WithPrefix(name + "/");
}
