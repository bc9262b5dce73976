using System.Numerics.Tensors;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3;

/// <summary>Elements in native memory seen as tensors, without a copy.</summary>
public static class TensorViews
{
    /// <summary>A buffer's elements as a tensor. The view is valid until the buffer is disposed.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="buffer">The elements in C order.</param>
    /// <param name="shape">Extent along each axis; all together must take as many bytes as the buffer has.</param>
    /// <exception cref="ArgumentException">The shape takes more or fewer bytes.</exception>
    public static unsafe TensorSpan<T> AsTensorSpan<T>(this NativeBuffer buffer, IReadOnlyList<long> shape)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(shape);
        long[] extents = [.. shape];
        if (Extents.TryByteCount(extents, sizeof(T)) != buffer.Length)
        {
            throw new ArgumentException($"Elements of shape {Extents.Format(extents)} and of {sizeof(T)} bytes each do not make the buffer's {buffer.Length} bytes.", nameof(shape));
        }

        return new TensorSpan<T>((T*)buffer.Pointer, (nint)(buffer.Length / sizeof(T)), [.. extents.Select(extent => (nint)extent)]);
    }

    /// <summary>The same, for reading only.</summary>
    /// <inheritdoc cref="AsTensorSpan"/>
    public static ReadOnlyTensorSpan<T> AsReadOnlyTensorSpan<T>(this NativeBuffer buffer, IReadOnlyList<long> shape)
        where T : unmanaged => buffer.AsTensorSpan<T>(shape).AsReadOnlyTensorSpan();
}
