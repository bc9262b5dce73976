using System.Globalization;
using OcdbtSharp.Zarr3.Reading;

namespace OcdbtSharp.Zarr3;

/// <summary>
/// The elements of an array at chosen indices along some axes and in a range along the others: what zarr-python calls an orthogonal selection and
/// TensorStore an <c>oindex</c>. Indices come in any order and as often as wanted; what is read has them in that order.
/// </summary>
public sealed class ArraySelection
{
    private readonly ArrayRegion _region;
    private readonly (int Axis, long[] Indices)[] _chosen;

    /// <summary>Every element of a region, to be narrowed with <see cref="Along"/>.</summary>
    /// <param name="region">The region; the whole array where not said otherwise.</param>
    public ArraySelection(ArrayRegion region = default)
        : this(region, [])
    {
    }

    private ArraySelection(ArrayRegion region, (int Axis, long[] Indices)[] chosen)
    {
        _region = region;
        _chosen = chosen;
    }

    /// <summary>Rows of an array: indices along its first axis, and all elements along the others.</summary>
    /// <param name="indices">The rows, in the order in which they are read.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is negative.</exception>
    public static ArraySelection Rows(params ReadOnlySpan<long> indices) => new ArraySelection().Along(0, indices);

    /// <summary>The same selection with chosen indices along one axis, in the place of the range that the region has there.</summary>
    /// <param name="axis">The axis, from 0 on.</param>
    /// <param name="indices">The indices, counted from the first element of the array, in the order in which they are read.</param>
    /// <exception cref="ArgumentException">The axis has indices already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The axis or an index is negative.</exception>
    public ArraySelection Along(int axis, params ReadOnlySpan<long> indices)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        foreach (long index in indices)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(indices));
        }

        return Array.Exists(_chosen, chosen => chosen.Axis == axis)
            ? throw new ArgumentException($"Axis {axis} has indices already.", nameof(axis))
            : new ArraySelection(_region, [.. _chosen, (axis, indices.ToArray())]);
    }

    /// <summary>The selection in an array of a shape.</summary>
    /// <returns>What is read along each axis, and the shape of what comes of it.</returns>
    /// <exception cref="ArgumentException">An index or the region is not within the array.</exception>
    internal (ChunkSelection Selection, long[] Shape) Resolve(ReadOnlySpan<long> arrayShape)
    {
        (long[] origin, long[] extents) = _region.Resolve(arrayShape);
        long[] shape = [.. extents];
        IndexRun[][] axes = [.. origin.Zip(shape, (first, count) => IndexRun.Of(first, count))];
        foreach ((int axis, long[] indices) in _chosen)
        {
            if (axis >= shape.Length)
            {
                throw new ArgumentException($"Indices along axis {axis} were asked of an array of rank {shape.Length}.");
            }

            foreach (long index in indices)
            {
                if (index >= arrayShape[axis])
                {
                    throw new ArgumentException(string.Create(
                        CultureInfo.InvariantCulture, $"Axis {axis}: index {index} was asked of an array of extent {arrayShape[axis]}."));
                }
            }

            axes[axis] = IndexRun.Of(indices);
            shape[axis] = indices.Length;
        }

        return (new ChunkSelection(axes), shape);
    }
}
