using System.Buffers;

namespace OcdbtSharp.KvStore;

/// <summary>
/// Bytes by key. Every store in this library, from a folder to an OCDBT database, is one of these; keys are ordered as unsigned bytes.
/// Implementations are safe to use from many threads at once.
/// </summary>
/// <remarks>
/// Errors are <see cref="StorageException"/> where the storage failed, <see cref="CorruptDataException"/> and
/// <see cref="UnsupportedFormatException"/> where what is stored cannot be understood, and <see cref="ArgumentException"/> where the
/// caller asked for something impossible (a key that the store cannot hold, a range outside the value).
/// A method that the store's <see cref="Capabilities"/> leave out throws <see cref="NotSupportedException"/>.
/// </remarks>
public interface IKvStore
{
    /// <summary>What the store can do beyond reading.</summary>
    KvStoreCapabilities Capabilities { get; }

    /// <summary>Which reads of this store are worth joining. A store whose requests take long sets more than the default.</summary>
    ReadCoalescing Coalescing => ReadCoalescing.Default;

    /// <summary>Where <paramref name="key"/> lies, for people: a path or URL.</summary>
    string Describe(Key key);

    /// <summary>Reads a value or a part of it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="options">Range, destination and condition.</param>
    /// <param name="cancellationToken">Gives up the read.</param>
    /// <returns>The bytes and the generation they belong to, or that the key is missing.</returns>
    /// <exception cref="StorageException">The storage failed, or the value is too long for one read (2^31 - 57 bytes): read it in ranges.</exception>
    ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Finds out whether a key exists, its length in bytes and its generation, without reading the value.</summary>
    /// <returns>A result with an empty <see cref="ReadResult.Value"/> and the length in <see cref="ReadResult.TotalLength"/>.</returns>
    ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default);

    /// <summary>Lists the keys of a range in order, with the length of their values.</summary>
    IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lists what lies directly below a prefix, in order: keys, and of keys with a further <c>/</c> only what they have in common up to it, once, as a key
    /// that ends in <c>/</c> and has no length. Unless a store does better, it walks through the keys and leaps over what lies deeper.
    /// </summary>
    /// <param name="prefix">What the keys begin with; empty, or mostly ending in <c>/</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    IAsyncEnumerable<ListEntry> ListFolderAsync(Key prefix = default, CancellationToken cancellationToken = default) =>
        FolderWalk.RunAsync(this, prefix, cancellationToken);

    /// <summary>Writes a value as a whole. When the task ends, the value is durable.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The bytes; borrowed until the task ends.</param>
    /// <param name="options">The condition.</param>
    /// <param name="cancellationToken">Gives up the write; it may have happened nonetheless.</param>
    /// <returns>The new generation; <see cref="StorageGeneration.Unknown"/> where the condition did not hold and nothing was written.</returns>
    ValueTask<StorageGeneration> WriteAsync(Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Deletes a key; deleting a missing key succeeds.</summary>
    /// <returns>Whether the condition held.</returns>
    ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Deletes every key of a range.</summary>
    ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default);

    /// <summary>Moves every key below one prefix to another in one step that a reader sees wholly or not at all.</summary>
    /// <param name="source">Prefix that ends in <c>/</c>.</param>
    /// <param name="destination">Prefix that ends in <c>/</c>, below which there is nothing yet.</param>
    /// <param name="cancellationToken">Gives up before the move.</param>
    /// <exception cref="NotSupportedException">The store has no <see cref="KvStoreCapabilities.RenamePrefix"/>.</exception>
    ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default);
}

/// <summary>A key and the length of its value, or a folder.</summary>
/// <param name="Key">The key.</param>
/// <param name="Length">Length of the value in bytes; -1 for a folder, and where the store does not tell without reading.</param>
/// <param name="Modified">When the value was written; null where the store does not tell.</param>
public readonly record struct ListEntry(Key Key, long Length, DateTimeOffset? Modified = null);
