using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Types;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>What is read of a leaf for a target, and where it goes.</summary>
internal sealed class TargetPlan
{
    private TargetPlan(CheckpointLeaf leaf, DataType type, long[] origin, long[] shape, long[] overlap)
    {
        Leaf = leaf;
        DataType = type;
        Origin = origin;
        Shape = shape;
        Overlap = overlap;
    }

    public CheckpointLeaf Leaf { get; }

    /// <summary>The type that is wanted.</summary>
    public DataType DataType { get; }

    /// <summary>The first wanted element along each dimension.</summary>
    public long[] Origin { get; }

    /// <summary>How many are wanted.</summary>
    public long[] Shape { get; }

    /// <summary>How many of them were saved, from the first on; the others are zero.</summary>
    public long[] Overlap { get; }

    /// <summary>Bytes of what is wanted.</summary>
    public long Bytes => Extents.Product(Shape) * DataType.Size;

    private bool IsStraight => DataType.Equals(Leaf.DataType) && Overlap.AsSpan().SequenceEqual(Shape);

    /// <summary>Plans the restore of a leaf.</summary>
    /// <param name="leaf">The leaf; one with elements.</param>
    /// <param name="target">What is wanted.</param>
    /// <param name="allowResize">Whether the shape may be another.</param>
    /// <param name="problem">What is wrong; null where nothing is.</param>
    public static TargetPlan? Create(CheckpointLeaf leaf, LeafTarget target, bool allowResize, out string? problem)
    {
        DataType stored = leaf.DataType!;
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

        (long[] origin, long[] extent) region;
        try
        {
            region = target.Region.Resolve(shape);
        }
        catch (ArgumentException error)
        {
            problem = $"'{leaf.Name}': {error.Message}";
            return null;
        }

        long[] overlap = [.. region.extent.Select((size, dimension) => Math.Clamp(leaf.Shape[dimension] - region.origin[dimension], 0, size))];
        return new TargetPlan(leaf, type, region.origin, region.extent, overlap);
    }

    /// <summary>The shares of the read.</summary>
    /// <param name="destination">Where the elements go, all of them.</param>
    /// <param name="options">How to go about it.</param>
    public IEnumerable<(long MemoryBytes, Func<CancellationToken, ValueTask> Run)> Shares(LongMemory destination, PlanOptions options)
    {
        if (IsStraight)
        {
            return Leaf.Source!.Plan(Origin, Shape, destination, options).Select(share => (share.MemoryBytes, (Func<CancellationToken, ValueTask>)share.RunAsync));
        }

        if (!Overlap.AsSpan().SequenceEqual(Shape))
        {
            destination.Span.Clear();
        }

        long[] chunk = Leaf.ChunkShape is { } stored ? [.. stored.Select(extent => Math.Max(1, extent))] : [.. Leaf.Shape.Select(extent => Math.Max(1, extent))];
        ArrayView view = ArrayView.RowMajor(destination, Shape, DataType.Size);
        return new ChunkGrid([.. Leaf.Shape], chunk).Parts(Origin, Overlap).Select(part =>
        {
            long elements = Extents.Product(part.Shape);
            return (elements * (Leaf.DataType!.Size + DataType.Size), (Func<CancellationToken, ValueTask>)(token => ReadPartAsync(part, view, options, token)));
        });
    }

    private async ValueTask ReadPartAsync(ChunkPart part, ArrayView view, PlanOptions options, CancellationToken cancellationToken)
    {
        long elements = Extents.Product(part.Shape);
        using ScratchBuffer read = ScratchBuffer.Rent(elements * Leaf.DataType!.Size);
        long[] origin = [.. part.Position.Zip(Origin, (position, first) => position + first)];
        foreach (ReadShare share in Leaf.Source!.Plan(origin, part.Shape, read.Memory, options))
        {
            await share.RunAsync(cancellationToken).ConfigureAwait(false);
        }

        using ScratchBuffer converted = ScratchBuffer.Rent(elements * DataType.Size);
        ElementCast.Convert(read.Memory.Span, Leaf.DataType, converted.Memory.Span, DataType);
        StridedCopy.Copy(converted.Memory.Span, 0, Extents.RowMajorStrides(part.Shape, DataType.Size), view.Slice(part.Position, part.Shape));
    }
}
