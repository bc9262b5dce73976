using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>A leaf that is stored as a zarr array.</summary>
/// <param name="store">The folder of the array.</param>
/// <param name="metadata">Its metadata.</param>
/// <param name="missingChunkIsError">Whether every chunk was stored, so that a missing one is an error and not the fill value.</param>
internal sealed class ZarrLeafSource(IKvStore store, ArrayMetadata metadata, bool missingChunkIsError)
    : LeafSource(metadata.Shape, metadata.DataType.Size)
{
    private ZarrArray? _array;

    /// <summary>Whether the array is zarr v3; otherwise v2.</summary>
    public bool IsZarr3 => metadata.Format == ZarrFormat.V3;

    /// <summary>The folder of the array.</summary>
    public IKvStore Store => store;

    /// <summary>The array. It is made when it is asked for: small arrays are many, and are read without it.</summary>
    public ZarrArray Array => _array ??= new ZarrArray(store, metadata);

    /// <inheritdoc/>
    public override long ShareBytes => metadata.Codecs.Spec.ByteCount;

    /// <inheritdoc/>
    public override IReadOnlyList<long>? ChunkShape => Elements.ChunkShape;

    private ArraySource Elements => new(Array, missingChunkIsError);

    /// <inheritdoc/>
    public override LeafSource Counted(ByteCounter? counter) =>
        counter is not null && store is StoredArrayKvStore stored ? new ZarrLeafSource(stored.With(counter, null), metadata, missingChunkIsError) : this;

    /// <inheritdoc/>
    public override ElementReader Open(long[] origin, long[] shape, Spill spill) => Elements.Open(origin, shape, spill);

    /// <inheritdoc/>
    public override long ReaderBytes(long[] shape, long[] slab, Spill spill) => Elements.ReaderBytes(shape, slab, spill);

    /// <inheritdoc/>
    public override long SpillBytes(long[] shape, long[] slab, Spill spill) => Elements.SpillBytes(shape, slab, spill);

    /// <inheritdoc/>
    public override IEnumerable<IChunkTask> Plan(long[] origin, ArrayView destination, PlanOptions options = default)
    {
        bool isOther = options.Counter is not null || options.Held is not null;
        ZarrArray array = isOther && store is StoredArrayKvStore stored ? new ZarrArray(stored.With(options.Counter, options.Held), metadata) : Array;
        return array.PlanRead(destination, origin, missingChunkIsError, Math.Max(1, options.MaxParallelism));
    }

    /// <summary>Reads the whole array at once, where its only chunk was read already.</summary>
    /// <param name="held">The values that were read.</param>
    /// <param name="destination">Where the elements go.</param>
    /// <returns>False where it has other chunks, or its chunk is not held; then nothing was read.</returns>
    /// <exception cref="CorruptDataException">The chunk is damaged.</exception>
    public bool TryRead(HeldValues held, LongMemory destination)
    {
        if (metadata.OnlyChunk is not { } chunk || store is not StoredArrayKvStore stored || !stored.TryGet(chunk.Key, held, out ReadOnlyMemory<byte> value))
        {
            return false;
        }

        try
        {
            chunk.Decode(value.Span, destination);
            return true;
        }
        catch (OcdbtSharpException exception) when (exception.Location is null)
        {
            throw exception.At(stored.Describe(chunk.Key));
        }
    }
}
