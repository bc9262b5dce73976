using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// The value of a leaf: the elements of an array, a scalar or PRNG keys in native memory, little-endian and in C order; or a text; or nothing.
/// Types of less than a byte take one byte an element. Disposing it frees the memory, as does disposing the <see cref="RestoredTree"/> it came with.
/// </summary>
public sealed class RestoredLeaf : IDisposable
{
    private readonly NativeBuffer? _owned;
    private readonly LongMemory _elements;

    internal RestoredLeaf(CheckpointLeaf leaf, IReadOnlyList<long> shape, LongMemory elements, NativeBuffer? owned, DataType? dataType = null)
    {
        DataType = dataType ?? leaf.DataType;
        Leaf = leaf;
        Shape = shape;
        _elements = elements;
        _owned = owned;
    }

    /// <summary>The leaf that this is the value of.</summary>
    public CheckpointLeaf Leaf { get; }

    /// <summary>Elements along each dimension: the leaf's own, or those of the region that was asked for.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The type of an element: the leaf's own, or that which was asked for; null for a leaf without elements.</summary>
    public DataType? DataType { get; }

    /// <summary>The text of a string; null for every other leaf.</summary>
    public string? Text => Leaf.Text;

    /// <summary>Bytes of all elements.</summary>
    public long ByteLength => _elements.Length;

    internal LongMemory Elements => _elements;

    /// <summary>All elements.</summary>
    /// <typeparam name="T">A type of the same size as an element.</typeparam>
    /// <exception cref="ArgumentException">The elements are of another size, or more than a span can hold: use <see cref="AsMemory"/> on parts.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged
    {
        if (ByteLength > 0 && DataType is { } type && Unsafe.SizeOf<T>() != type.Size)
        {
            throw new ArgumentException($"An element of '{Leaf.Name}' takes {type.Size} bytes, not {Unsafe.SizeOf<T>()}.", nameof(T));
        }

        return _elements.Span.TryGetSpan(out Span<byte> bytes)
            ? MemoryMarshal.Cast<byte, T>(bytes)
            : throw new ArgumentException($"'{Leaf.Name}' takes {ByteLength} bytes, more than a span can hold.");
    }

    /// <summary>A part of the bytes.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">The number of bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not within the value.</exception>
    public ReadOnlyMemory<byte> AsMemory(long offset, int length) => _elements.Window(offset, length);

    /// <inheritdoc/>
    public void Dispose() => _owned?.Dispose();
}
