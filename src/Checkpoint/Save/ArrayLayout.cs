using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>How an array is stored: in parts of which shape, cut into chunks of which shape, as elements of which type.</summary>
internal sealed class ArrayLayout
{
    private const int MaxRank = 32;

    private ArrayLayout(long[] shape, long[] writeShape, long[] chunkShape, DataType storedType)
    {
        Shape = shape;
        WriteShape = writeShape;
        ChunkShape = chunkShape;
        StoredType = storedType;
    }

    /// <summary>Elements along each dimension.</summary>
    public long[] Shape { get; }

    /// <summary>The shape of a part that is written at a time.</summary>
    public long[] WriteShape { get; }

    /// <summary>The shape of a chunk, which divides that of a part.</summary>
    public long[] ChunkShape { get; }

    /// <summary>The type of the stored elements.</summary>
    public DataType StoredType { get; }

    /// <summary>Whether another array has the same metadata.</summary>
    public bool IsStoredAs(ArrayLayout other) =>
        StoredType.Equals(other.StoredType) && Shape.AsSpan().SequenceEqual(other.Shape) && ChunkShape.AsSpan().SequenceEqual(other.ChunkShape);

    /// <summary>Whether another array is stored and written in the same way.</summary>
    public bool IsSame(ArrayLayout other) => IsStoredAs(other) && WriteShape.AsSpan().SequenceEqual(other.WriteShape);

    /// <summary>Lays out an array as Orbax does.</summary>
    /// <exception cref="ArgumentException">The array cannot be saved in this way.</exception>
    public static ArrayLayout Of(SavedLeaf leaf, SaveOptions options)
    {
        ArrayValue value = leaf.Array!;
        if (value.Shape.Contains(0))
        {
            throw new ArgumentException($"'{leaf.Name}' has no elements: its shape is ({string.Join(", ", value.Shape)}). Neither Orbax nor zarr as it writes it has such arrays.");
        }

        // TensorStore has no more, and a shard's index has a dimension of its own.
        int maxRank = options.UseZarr3 ? MaxRank - 1 : MaxRank;
        if (value.Shape.Count > maxRank)
        {
            throw new ArgumentException($"'{leaf.Name}' has {value.Shape.Count} dimensions; at most {maxRank} are possible in zarr {(options.UseZarr3 ? "v3" : "v2")} as Orbax writes it.");
        }

        DataType stored = value.StoreAs ?? value.DataType;
        if (stored.Name is "uint2" or "uint4")
        {
            throw new ArgumentException($"'{leaf.Name}' has elements of {stored}, which TensorStore does not know: store it as uint8.");
        }

        long[] shape = [.. value.Shape];
        long[] writeShape = value.WriteShape is not null ? [.. value.WriteShape]
            : !value.IsWhole && value.Parts.Count > 0 ? [.. value.Parts[0].Shape]
            : value.Sharding is { MeshShape.Count: > 0 } sharding && leaf.IsJaxArray ? ShardPlan.WriteShape(sharding, shape, options.UseReplicaParallel)
            : shape;
        if (writeShape.Length != shape.Length || writeShape.AsSpan().IndexOfAnyInRange(long.MinValue, 0) >= 0)
        {
            throw new ArgumentException($"'{leaf.Name}': no part of an array of shape ({string.Join(", ", shape)}) has the shape ({string.Join(", ", writeShape)}).");
        }

        try
        {
            long[] chunk = Save.ChunkShape.Choose(shape, writeShape, stored.Size, ChunkBytes(value, writeShape, stored, options), [.. value.ShardAxes]);
            return new ArrayLayout(shape, writeShape, chunk, stored);
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException($"'{leaf.Name}': {error.Message}", error);
        }
    }

    // A chunk must fit into a data file, or else the file would grow beyond its size for it.
    private static long? ChunkBytes(ArrayValue value, long[] writeShape, DataType stored, SaveOptions options)
    {
        long? asked = value.ChunkByteSize ?? options.ChunkByteSize;
        if (!options.UseOcdbt || options.TargetDataFileSize == 0)
        {
            return asked;
        }

        return asked is { } bytes ? Math.Min(bytes, options.TargetDataFileSize)
            : Extents.Product(writeShape) * (Int128)stored.Size > options.TargetDataFileSize ? options.TargetDataFileSize
            : null;
    }
}
