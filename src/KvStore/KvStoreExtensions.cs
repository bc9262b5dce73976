using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore;

/// <summary>Shorter forms of the calls of <see cref="IKvStore"/>.</summary>
public static class KvStoreExtensions
{
    private const int FirstPieceBytes = 1 << 16;
    private const int PieceBytes = 64 << 20;

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

    /// <summary>Writes what a stream holds from its position on. The whole value is in memory meanwhile, in pieces, so it may be longer than an array.</summary>
    /// <inheritdoc cref="IKvStore.WriteAsync"/>
    public static async ValueTask<StorageGeneration> WriteAsync(
        this IKvStore store, Key key, Stream value, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(value);
        List<byte[]> pieces = [];
        byte[] piece = new byte[value.CanSeek ? (int)Math.Clamp(value.Length - value.Position + 1, 1, PieceBytes) : FirstPieceBytes];
        while (true)
        {
            int read = await value.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            pieces.Add(read == piece.Length ? piece : piece[..read]);
            if (read < piece.Length)
            {
                return await store.WriteAsync(key, Sequence.Of(pieces), options, cancellationToken).ConfigureAwait(false);
            }

            piece = new byte[Math.Min(PieceBytes, 2L * piece.Length)];
        }
    }

    /// <summary>Copies a value to another store, or to another key. The whole value is in memory meanwhile, in pieces, so it may be longer than an array.</summary>
    /// <param name="store">Where the value is.</param>
    /// <param name="key">Its key.</param>
    /// <param name="target">Where it is to be.</param>
    /// <param name="targetKey">Its key there.</param>
    /// <param name="options">The condition of the write.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The new generation; <see cref="StorageGeneration.Unknown"/> where the condition did not hold and nothing was written.</returns>
    /// <exception cref="StorageException">The key is missing, or a storage failed.</exception>
    public static async ValueTask<StorageGeneration> CopyToAsync(
        this IKvStore store, Key key, IKvStore target, Key targetKey, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(target);
        List<ReadOnlyMemory<byte>> pieces = [];
        await foreach (ReadOnlyMemory<byte> piece in store.ReadPiecesAsync(key, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            pieces.Add(piece);
        }

        return await target.WriteAsync(targetKey, Sequence.Of(pieces), options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a value that may be too long for one read, or for memory, piece by piece.</summary>
    /// <param name="store">Where the value is.</param>
    /// <param name="key">Its key.</param>
    /// <param name="pieceBytes">Most bytes of a piece.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The pieces in order, each in memory of its own; none of an empty value.</returns>
    /// <exception cref="StorageException">The key is missing, the value was changed meanwhile, or the storage failed.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadPiecesAsync(
        this IKvStore store, Key key, int pieceBytes = PieceBytes, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentOutOfRangeException.ThrowIfLessThan(pieceBytes, 1);
        ReadResult found = await store.StatAsync(key, cancellationToken).ConfigureAwait(false);
        if (!found.HasValue)
        {
            throw new StorageException("There is no such key.", store.Describe(key));
        }

        for (long offset = 0; offset < found.TotalLength; offset += pieceBytes)
        {
            ReadOptions range = new() { Range = ByteRange.FromOffset(offset, Math.Min(pieceBytes, found.TotalLength - offset)) };
            ReadResult part = await store.ReadAsync(key, range, cancellationToken).ConfigureAwait(false);
            yield return part.Generation == found.Generation && part.HasValue
                ? part.Value
                : throw new StorageException("The value was changed while it was read.", store.Describe(key));
        }
    }

    /// <summary>The store that holds, under shorter keys, what <paramref name="store"/> holds below <paramref name="prefix"/>.</summary>
    public static IKvStore WithPrefix(this IKvStore store, Key prefix) => PrefixKvStore.Create(store, prefix);
}
