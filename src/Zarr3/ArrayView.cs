using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3;

/// <summary>A box of elements in memory, with a distance in bytes between neighbours along each axis. Borrows the memory.</summary>
internal readonly struct ArrayView
{
    private ArrayView(LongMemory memory, long offset, long[] shape, long[] strides, int elementSize)
    {
        Memory = memory;
        Offset = offset;
        Shape = shape;
        Strides = strides;
        ElementSize = elementSize;
    }

    public LongMemory Memory { get; }

    /// <summary>First byte of the first element in <see cref="Memory"/>.</summary>
    public long Offset { get; }

    public long[] Shape { get; }

    /// <summary>Bytes between neighbours along each axis.</summary>
    public long[] Strides { get; }

    public int ElementSize { get; }

    /// <summary>Bytes of all elements together.</summary>
    public long ByteCount => Extents.Product(Shape) * ElementSize;

    /// <summary>Whether the elements lie one behind the other in C order.</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = ElementSize;
            for (int axis = Shape.Length - 1; axis >= 0; axis--)
            {
                if (Shape[axis] != 1 && Strides[axis] != expected)
                {
                    return false;
                }

                expected *= Shape[axis];
            }

            return true;
        }
    }

    /// <summary>The elements of a contiguous view.</summary>
    public LongMemory Contiguous => Memory.Slice(Offset, ByteCount);

    /// <summary>Memory in C order.</summary>
    /// <exception cref="ArgumentException">The memory is not exactly as long as the elements.</exception>
    public static ArrayView RowMajor(LongMemory memory, long[] shape, int elementSize) =>
        RowMajor(memory, shape, Extents.RowMajorStrides(shape, elementSize), elementSize);

    /// <summary>Memory in C order, whose strides are known.</summary>
    /// <inheritdoc cref="RowMajor(LongMemory, long[], int)"/>
    public static ArrayView RowMajor(LongMemory memory, long[] shape, long[] strides, int elementSize)
    {
        long bytes = checked(Extents.Product(shape) * elementSize);
        return memory.Length == bytes
            ? new ArrayView(memory, 0, shape, strides, elementSize)
            : throw new ArgumentException($"The memory has {memory.Length} bytes; the elements take {bytes}.");
    }

    /// <summary>A box within this one.</summary>
    public ArrayView Slice(ReadOnlySpan<long> origin, long[] shape)
    {
        long offset = Offset;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            offset += origin[axis] * Strides[axis];
        }

        return new ArrayView(Memory, offset, shape, Strides, ElementSize);
    }

    /// <summary>The same elements with axis <paramref name="order"/>[i] of this view as axis i.</summary>
    public ArrayView Permute(ReadOnlySpan<int> order) =>
        new(Memory, Offset, Extents.Permute(Shape, order), Extents.Permute(Strides, order), ElementSize);

    /// <summary>Sets every element to a fill value.</summary>
    /// <param name="value">Bytes of one element; null where all are zero.</param>
    public void Fill(byte[]? value)
    {
        long[] strides = new long[Shape.Length];
        StridedCopy.Copy(value ?? new byte[ElementSize].AsSpan(), 0, strides, this);
    }

    /// <summary>Whether every element has exactly the bytes of a fill value.</summary>
    public bool IsFilledWith(byte[]? value)
    {
        value ??= new byte[ElementSize];
        LongSpan bytes = Memory.Span;
        long[] index = new long[Shape.Length];
        long[] first = new long[Shape.Length];
        if (Extents.Product(Shape) == 0)
        {
            return true;
        }

        // The innermost run of neighbours is compared as one.
        bool run = Shape.Length > 0 && Strides[^1] == ElementSize;
        long[] outer = [.. Shape];
        long length = ElementSize;
        if (run)
        {
            outer[^1] = 1;
            length *= Shape[^1];
        }

        do
        {
            long offset = Offset;
            for (int axis = 0; axis < index.Length; axis++)
            {
                offset += index[axis] * Strides[axis];
            }

            if (!Repeats(bytes.Slice(offset, length), value))
            {
                return false;
            }
        }
        while (Extents.Next(index, first, outer));
        return true;
    }

    /// <summary>Copies the elements one behind the other, in C order.</summary>
    public void CopyTo(LongSpan destination) =>
        StridedCopy.Copy(Memory.Span, Offset, Strides, destination, 0, Extents.RowMajorStrides(Shape, ElementSize), Shape, ElementSize);

    /// <summary>Whether bytes are one value over and over: the first is, and each byte equals the one a value before it.</summary>
    private static bool Repeats(ReadOnlyLongSpan bytes, ReadOnlySpan<byte> value)
    {
        if (!bytes.Window(0, value.Length).SequenceEqual(value))
        {
            return false;
        }

        for (long offset = value.Length; offset < bytes.Length;)
        {
            ReadOnlySpan<byte> window = bytes.NextWindow(offset);
            if (!window.SequenceEqual(bytes.Window(offset - value.Length, window.Length)))
            {
                return false;
            }

            offset += window.Length;
        }

        return true;
    }
}
