using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>The chunk of arrays that have just one of their own shape: what reading such an array needs beside its bytes is made once for all with the same metadata.</summary>
internal sealed class OnlyChunk
{
    private readonly CodecPipeline _codecs;
    private readonly long[] _origin;
    private readonly long[] _strides;

    private OnlyChunk(ArrayMetadata metadata)
    {
        _codecs = metadata.Codecs;
        _origin = new long[metadata.Shape.Length];
        _strides = Extents.RowMajorStrides(metadata.Shape, metadata.DataType.Size);
        Key = metadata.KeyEncoding.Encode(_origin);
    }

    /// <summary>The key of the chunk.</summary>
    public Key Key { get; }

    /// <summary>The chunk; null where an array has another number of chunks, or a chunk of another shape.</summary>
    public static OnlyChunk? Of(ArrayMetadata metadata) =>
        metadata.Shape.AsSpan().SequenceEqual(metadata.ChunkShape) ? new OnlyChunk(metadata) : null;

    /// <summary>Decodes the array.</summary>
    /// <param name="encoded">The stored bytes.</param>
    /// <param name="destination">Room for exactly its elements, which come little-endian and in C order.</param>
    /// <exception cref="CorruptDataException">The bytes break the rules of a codec; the message names it.</exception>
    public void Decode(ReadOnlySpan<byte> encoded, LongMemory destination) =>
        _codecs.Decode(encoded, _origin, ArrayView.RowMajor(destination, _codecs.Spec.Shape, _strides, _codecs.Spec.DataType.Size));
}
