using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Writing;

/// <summary>One chunk's share of a write.</summary>
internal sealed class ChunkWriteTask : IChunkTask
{
    // Every lost race means that another writer has finished; so many in a row mean that something is wrong with the store.
    private const int MaxAttempts = 1000;

    private readonly ZarrArray _array;
    private readonly ChunkPart _part;
    private readonly ArrayView _source;
    private readonly ChunkUpdate _update;
    private readonly long[] _bounds;
    private readonly bool _covers;

    public ChunkWriteTask(ZarrArray array, ChunkPart part, ArrayView source, ChunkUpdate update)
    {
        _array = array;
        _part = part;
        _source = source;
        _update = update;
        _bounds = ChunkUpdate.Bounds(array.Metadata.Shape, array.Metadata.ChunkShape, part.Index);
        _covers = ChunkUpdate.Covers(_bounds, part.Origin, part.Shape);
    }

    /// <inheritdoc/>
    public long Bytes => _source.ByteCount;

    /// <inheritdoc/>
    public long MemoryBytes
    {
        get
        {
            // What is encoded, and the elements beside it where they do not lie one behind the other, or where some of them are read first.
            Int128 chunk = Codecs.Spec.ByteCount;
            bool straight = _covers && _source.IsContiguous && chunk == Bytes;
            Int128 bytes = (straight ? 0 : _covers ? chunk : 3 * chunk) + (Codecs.IsRaw ? 0 : Int128.Min(Codecs.MaxEncodedLength, 2 * chunk));
            return (long)Int128.Min(bytes, long.MaxValue);
        }
    }

    private CodecPipeline Codecs => _array.Metadata.Codecs;

    /// <summary>Encodes and writes; where a part of the chunk stays as it is, on the condition that nobody else has changed it meanwhile.</summary>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        Key key = _array.Metadata.KeyEncoding.Encode(_part.Index);
        if (_covers)
        {
            using EncodedChunk? encoded = Update(key, null);
            await StoreAsync(key, encoded, StorageGeneration.Unknown, cancellationToken).ConfigureAwait(false);
            return;
        }

        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            using StoredChunk stored = await StoredChunk.ReadAsync(_array.Store, key, Codecs.Spec.ByteCount, cancellationToken).ConfigureAwait(false);
            using EncodedChunk? encoded = Update(key, stored.Bytes);
            if (encoded is null && !stored.Exists)
            {
                return;
            }

            if (await StoreAsync(key, encoded, stored.Generation, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }

        throw new StorageException($"The chunk changed each time that it was written, {MaxAttempts} times.", _array.Store.Describe(key));
    }

    private EncodedChunk? Update(Key key, LongMemory? stored)
    {
        try
        {
            return _update.Apply(Codecs, stored, _bounds, _part.Origin, _source);
        }
        catch (OcdbtSharpException exception) when (exception.Location is null)
        {
            throw exception.At(_array.Store.Describe(key));
        }
    }

    /// <summary>Writes the bytes, or deletes the chunk where there are none; false where the condition did not hold.</summary>
    private async ValueTask<bool> StoreAsync(Key key, EncodedChunk? encoded, StorageGeneration condition, CancellationToken cancellationToken)
    {
        if (encoded is not null)
        {
            return await _array.Store.ReplaceAsync(key, encoded.Memory.ToSequence(), condition, cancellationToken).ConfigureAwait(false);
        }

        bool canTell = _array.Store.Capabilities.HasFlag(KvStoreCapabilities.ConditionalWrite);
        WriteOptions options = new() { IfEqual = canTell ? condition : StorageGeneration.Unknown };
        return await _array.Store.DeleteAsync(key, options, cancellationToken).ConfigureAwait(false);
    }
}
