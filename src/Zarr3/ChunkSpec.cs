using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3;

/// <summary>What a chunk holds at one stage of the codec pipeline: its shape, its element type and the element that stands for nothing.</summary>
/// <param name="Shape">Extent along each axis.</param>
/// <param name="DataType">The type of the elements.</param>
/// <param name="FillValue">Bytes of the fill value, little-endian; null where all bytes of it are zero.</param>
internal sealed record ChunkSpec(long[] Shape, DataType DataType, byte[]? FillValue)
{
    private long _byteCount = -1;

    // What is changed in a copy has another length. Initialisers of fields do not run here.
    private ChunkSpec(ChunkSpec original)
    {
        Shape = original.Shape;
        DataType = original.DataType;
        FillValue = original.FillValue;
        _byteCount = -1;
    }

    /// <summary>Bytes of the chunk when it is decoded.</summary>
    public long ByteCount => _byteCount >= 0
        ? _byteCount
        : _byteCount = Extents.TryByteCount(Shape, DataType.Size)
            ?? throw new CorruptDataException($"a chunk of shape {Extents.Format(Shape)} is larger than 2^63 bytes");

    /// <summary>Number of elements.</summary>
    public long Count => ByteCount / DataType.Size;
}
