using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Types;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>What is read of a leaf, and as what. A plain restore asks for nothing but the leaf.</summary>
internal sealed class LeafRead
{
    private LeafRead(CheckpointLeaf leaf, DataType? type, long[] origin, long[] shape, long[] overlap)
    {
        Leaf = leaf;
        DataType = type;
        Origin = origin;
        Shape = shape;
        Overlap = overlap;
    }

    public CheckpointLeaf Leaf { get; }

    /// <summary>The type that is wanted; null for a leaf without elements.</summary>
    public DataType? DataType { get; }

    /// <summary>The first wanted element along each dimension.</summary>
    public long[] Origin { get; }

    /// <summary>How many are wanted.</summary>
    public long[] Shape { get; }

    /// <summary>How many of them were saved, from the first on; the others are zero.</summary>
    public long[] Overlap { get; }

    /// <summary>Bytes of what is wanted.</summary>
    public long Bytes => DataType is null ? 0 : Extents.Product(Shape) * DataType.Size;

    /// <summary>Whether the whole leaf is wanted as it is.</summary>
    public bool IsPlain => DataType is null || (DataType.Equals(Leaf.DataType) && Shape.AsSpan().SequenceEqual([.. Leaf.Shape]) && !Origin.AsSpan().ContainsAnyExcept(0));

    /// <summary>A whole leaf as it is.</summary>
    public static LeafRead Whole(CheckpointLeaf leaf)
    {
        long[] shape = [.. leaf.Shape];
        return new LeafRead(leaf, leaf.DataType, new long[shape.Length], shape, shape);
    }

    /// <summary>A region of a leaf.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The region is not within the leaf.</exception>
    public static LeafRead Region(CheckpointLeaf leaf, long[] origin, long[] shape)
    {
        if (origin.Length != leaf.Shape.Count || shape.Length != leaf.Shape.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(shape), $"'{leaf.Name}' has {leaf.Shape.Count} dimensions, not {Math.Max(origin.Length, shape.Length)}.");
        }

        for (int dimension = 0; dimension < shape.Length; dimension++)
        {
            if (origin[dimension] < 0 || shape[dimension] < 0 || shape[dimension] > leaf.Shape[dimension] - origin[dimension])
            {
                throw new ArgumentOutOfRangeException(
                    nameof(shape),
                    $"{shape[dimension]} elements from {origin[dimension]} on are not within the {leaf.Shape[dimension]} of dimension {dimension} of '{leaf.Name}'.");
            }
        }

        return new LeafRead(leaf, leaf.DataType, origin, shape, shape);
    }

    /// <summary>What a target wants of a leaf.</summary>
    /// <param name="leaf">The leaf.</param>
    /// <param name="target">What is wanted.</param>
    /// <param name="allowResize">Whether the shape may be another.</param>
    /// <param name="problem">What is wrong; null where nothing is.</param>
    public static LeafRead? Create(CheckpointLeaf leaf, LeafTarget target, bool allowResize, out string? problem)
    {
        problem = null;
        if (leaf.DataType is not { } stored)
        {
            return Whole(leaf);
        }

        DataType type = target.DataType ?? stored;
        long[] shape = [.. target.Shape ?? leaf.Shape];
        problem = shape.Length != leaf.Shape.Count || (!allowResize && !shape.SequenceEqual(leaf.Shape))
                ? $"'{leaf.Name}' was saved with the shape {Extents.Format([.. leaf.Shape])}, and {Extents.Format(shape)} is wanted"
            : !ElementConversion.Exists(stored, type) ? $"'{leaf.Name}' was saved as {stored}, and there is no conversion to {type}"
            : null;
        if (problem is not null)
        {
            return null;
        }

        try
        {
            (long[] origin, long[] extent) = target.Region.Resolve(shape);
            long[] overlap = [.. extent.Select((size, dimension) => Math.Clamp(leaf.Shape[dimension] - origin[dimension], 0, size))];
            return new LeafRead(leaf, type, origin, extent, overlap);
        }
        catch (ArgumentException error)
        {
            problem = $"'{leaf.Name}': {error.Message}";
            return null;
        }
    }

    /// <summary>The tasks of the read.</summary>
    /// <param name="destination">Where the elements go, all of them.</param>
    /// <param name="options">How to go about it.</param>
    public IEnumerable<IChunkTask> Tasks(LongMemory destination, PlanOptions options)
    {
        if (!Overlap.AsSpan().SequenceEqual(Shape))
        {
            destination.Span.Clear();
        }

        ArrayView view = ArrayView.RowMajor(destination, Shape, DataType!.Size).Slice(new long[Shape.Length], Overlap);
        LeafSource source = DataType.Equals(Leaf.DataType) ? Leaf.Source! : new ConvertedLeafSource(Leaf.Source!.Counted(options.Counter), Leaf.DataType!, DataType);
        return source.Plan(Origin, view, options);
    }
}
