using System.Globalization;

namespace OcdbtSharp.Zarr3;

/// <summary>A box within an array: the first index and the extent along each axis. The default is the whole array.</summary>
public readonly struct ArrayRegion
{
    private readonly long[]? _origin;
    private readonly long[]? _shape;

    /// <summary>A box.</summary>
    /// <param name="origin">The first index along each axis.</param>
    /// <param name="shape">The extent along each axis.</param>
    /// <exception cref="ArgumentException">The two differ in rank, or a number is negative.</exception>
    public ArrayRegion(ReadOnlySpan<long> origin, ReadOnlySpan<long> shape)
    {
        if (origin.Length != shape.Length)
        {
            throw new ArgumentException($"The origin has rank {origin.Length}, the shape {shape.Length}.", nameof(shape));
        }

        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (origin[axis] < 0 || shape[axis] < 0 || shape[axis] > long.MaxValue - origin[axis])
            {
                throw new ArgumentException($"Axis {axis}: no region begins at {origin[axis]} and has the extent {shape[axis]}.", nameof(shape));
            }
        }

        _origin = origin.ToArray();
        _shape = shape.ToArray();
    }

    /// <summary>Whether this is the whole array, whatever its shape.</summary>
    public bool IsWhole => _shape is null;

    /// <summary>The first index along each axis; empty where <see cref="IsWhole"/>.</summary>
    public ReadOnlySpan<long> Origin => _origin;

    /// <summary>The extent along each axis; empty where <see cref="IsWhole"/>.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>The box in an array of a shape.</summary>
    /// <exception cref="ArgumentException">The region is not within the array.</exception>
    internal (long[] Origin, long[] Shape) Resolve(ReadOnlySpan<long> arrayShape)
    {
        if (_origin is null || _shape is null)
        {
            return (new long[arrayShape.Length], arrayShape.ToArray());
        }

        if (_shape.Length != arrayShape.Length)
        {
            throw new ArgumentException($"A region of rank {_shape.Length} was asked of an array of rank {arrayShape.Length}.");
        }

        for (int axis = 0; axis < _shape.Length; axis++)
        {
            if (_origin[axis] + _shape[axis] > arrayShape[axis])
            {
                throw new ArgumentException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Axis {axis}: indices {_origin[axis]} to {_origin[axis] + _shape[axis]} were asked of an array of extent {arrayShape[axis]}."));
            }
        }

        return (_origin, _shape);
    }
}
