using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>A leaf that is stored as a zarr array.</summary>
/// <param name="array">The array.</param>
/// <param name="missingChunkIsError">Whether every chunk was stored, so that a missing one is an error and not the fill value.</param>
internal sealed class ZarrLeafSource(ZarrArray array, bool missingChunkIsError) : LeafSource
{
    /// <summary>Whether the array is zarr v3; otherwise v2.</summary>
    public bool IsZarr3 => array.Format == ZarrFormat.V3;

    /// <summary>The array.</summary>
    public ZarrArray Array => array;

    /// <inheritdoc/>
    public override long ShareBytes => array.Metadata.Codecs.Spec.ByteCount;

    /// <inheritdoc/>
    public override bool ReadsChunksWhole
    {
        get
        {
            CodecPipeline codecs = array.Metadata.Codecs;
            while (codecs.Sharding is { } sharding)
            {
                codecs = sharding.Inner;
            }

            return !codecs.IsRaw;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<ReadShare> Plan(long[] origin, long[] shape, LongMemory destination, ByteCounter? counter = null, HeldValues? held = null)
    {
        bool isOther = counter is not null || held is not null;
        ZarrArray source = isOther && array.Store is StoredArrayKvStore store ? new ZarrArray(store.With(counter, held), array.Metadata) : array;
        foreach (Zarr3.Reading.ChunkTask chunk in source.PlanRead(destination, new ArrayRegion(origin, shape), missingChunkIsError))
        {
            yield return new ReadShare(chunk);
        }
    }
}
