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

    /// <summary>The store that holds, under shorter keys, what <paramref name="store"/> holds below <paramref name="prefix"/>.</summary>
    public static IKvStore WithPrefix(this IKvStore store, Key prefix) => PrefixKvStore.Create(store, prefix);
}
