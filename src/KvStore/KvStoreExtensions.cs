using System.Buffers;
using System.Text;

namespace OcdbtSharp.KvStore;

/// <summary>Shorter forms of the calls of <see cref="IKvStore"/>.</summary>
public static class KvStoreExtensions
{
    /// <summary>Writes a value that lies in one piece of memory.</summary>
    /// <inheritdoc cref="IKvStore.WriteAsync"/>
    public static ValueTask<StorageGeneration> WriteAsync(
        this IKvStore store, Key key, ReadOnlyMemory<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.WriteAsync(key, new ReadOnlySequence<byte>(value), options, cancellationToken);
    }

    /// <summary>Writes text as UTF-8.</summary>
    /// <inheritdoc cref="IKvStore.WriteAsync"/>
    public static ValueTask<StorageGeneration> WriteAsync(
        this IKvStore store, Key key, string value, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        store.WriteAsync(key, Encoding.UTF8.GetBytes(value), options, cancellationToken);

    /// <summary>
    /// Writes a value where the key is still at a generation. A store that cannot tell writes in any case: there, only one writer at a time is safe.
    /// </summary>
    /// <returns>Whether it was written.</returns>
    internal static async ValueTask<bool> ReplaceAsync(
        this IKvStore store, Key key, ReadOnlySequence<byte> value, StorageGeneration generation, CancellationToken cancellationToken)
    {
        bool canTell = store.Capabilities.HasFlag(KvStoreCapabilities.ConditionalWrite);
        WriteOptions options = new() { IfEqual = canTell ? generation : StorageGeneration.Unknown };
        StorageGeneration written = await store.WriteAsync(key, value, options, cancellationToken).ConfigureAwait(false);
        return options.IfEqual.IsUnknown || !written.IsUnknown;
    }

    /// <summary>The store that holds, under shorter keys, what <paramref name="store"/> holds below <paramref name="prefix"/>.</summary>
    public static IKvStore WithPrefix(this IKvStore store, Key prefix) => PrefixKvStore.Create(store, prefix);
}
