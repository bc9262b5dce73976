using System.Buffers;
using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>What a table of keys holds of one array, seen as a store that only reads.</summary>
/// <param name="keys">The table.</param>
/// <param name="prefix">What the keys of the array begin with.</param>
/// <param name="first">The first key of the array in the table.</param>
/// <param name="end">Behind its last key.</param>
/// <param name="counter">Counts the bytes that are read; null where nobody asks.</param>
/// <param name="held">Values that were read already; null where there are none.</param>
internal sealed class StoredArrayKvStore(SnapshotKvStore keys, Key prefix, int first, int end, ByteCounter? counter = null, HeldValues? held = null) : IKvStore, IFileBackedKvStore
{
    private const long SmallChunk = 128 << 10;

    /// <inheritdoc/>
    public KvStoreCapabilities Capabilities => KvStoreCapabilities.List;

    /// <inheritdoc/>
    public ReadCoalescing Coalescing => keys.Coalescing;

    /// <summary>The table of keys.</summary>
    public SnapshotKvStore Keys => keys;

    /// <summary>The same with a counter of its own, or values that were read already.</summary>
    public StoredArrayKvStore With(ByteCounter? bytes, HeldValues? values) => new(keys, prefix, first, end, bytes, values);

    /// <summary>A value that was read already.</summary>
    public bool TryGet(Key key, HeldValues values, out ReadOnlyMemory<byte> value)
    {
        value = default;
        int index = keys.Find(first, end, prefix.Span, key.Span);
        return index >= 0 && values.TryGet(index, out value);
    }

    /// <summary>Adds the keys of chunks that are worth reading together.</summary>
    public void AddSmallChunks(List<int> indices)
    {
        for (int index = first; index < end; index++)
        {
            ReadOnlySpan<byte> name = keys.KeyAt(index).Span[prefix.Length..];
            if (!name.IsEmpty && name[0] != (byte)'.' && !name.SequenceEqual("zarr.json"u8) && keys.LengthAt(index) <= SmallChunk)
            {
                indices.Add(index);
            }
        }
    }

    /// <inheritdoc/>
    public string Describe(Key key) => keys.Describe(prefix.Append(key));

    /// <inheritdoc/>
    public ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
    {
        int index = keys.Find(first, end, prefix.Span, key.Span);
        return index < 0 ? ValueTask.FromResult(ReadResult.Missing)
            : held is not null && held.TryGet(index, out ReadOnlyMemory<byte> value) ? ValueTask.FromResult(Part(value, options))
            : counter is null ? keys.ReadAsync(index, options, cancellationToken)
            : CountAsync(index, options, counter, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default)
    {
        int index = keys.Find(first, end, prefix.Span, key.Span);
        return ValueTask.FromResult(index < 0
            ? ReadResult.Missing
            : new ReadResult(ReadState.Value, default, StorageGeneration.Unknown, keys.LengthAt(index)));
    }

    /// <inheritdoc/>
    public ValueTask<FileExtent?> FindInFileAsync(Key key, CancellationToken cancellationToken)
    {
        int index = keys.Find(first, end, prefix.Span, key.Span);
        return index < 0 ? ValueTask.FromResult<FileExtent?>(null) : keys.FindInFileAsync(index, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int index = first; index < end; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Key key = new(keys.KeyAt(index).Bytes[prefix.Length..]);
            if (range.Contains(key))
            {
                yield return new ListEntry(key, keys.LengthAt(index));
            }
        }

        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default) => throw ReadOnly();

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default) => throw ReadOnly();

    /// <inheritdoc/>
    public ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default) => throw ReadOnly();

    /// <inheritdoc/>
    public ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default) => throw ReadOnly();

    private ReadResult Part(ReadOnlyMemory<byte> value, ReadOptions options)
    {
        ReadOnlyMemory<byte> part = options.Slice(value);
        counter?.Add(part.Length);
        return new ReadResult(ReadState.Value, part, StorageGeneration.Unknown, value.Length);
    }

    private async ValueTask<ReadResult> CountAsync(int index, ReadOptions options, ByteCounter bytes, CancellationToken cancellationToken)
    {
        ReadResult result = await keys.ReadAsync(index, options, cancellationToken).ConfigureAwait(false);
        bytes.Add(result.Value.Length);
        return result;
    }

    private static NotSupportedException ReadOnly() => new("A checkpoint that is read is not written to.");
}
