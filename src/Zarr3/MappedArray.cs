using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Files;

namespace OcdbtSharp.Zarr3;

/// <summary>
/// Elements of an array as they lie in a file that is mapped into memory: nothing is read before it is touched, nothing is copied, and processes that map
/// the same file share its memory. Elements are little-endian and in C order, and are only read. From <see cref="ZarrArray.MapAsync"/>.
/// </summary>
/// <remarks>
/// Spans are valid until the object is disposed; to touch one after that ends the process. So does to touch a part of a file that was made shorter after
/// it was mapped, or a disk or network that fails meanwhile: the system tells a process of neither in a way that .NET lets it catch. The stores of this
/// library and those of TensorStore never make a file shorter: they delete it or put another in its place, and either leaves what is mapped as it is (on
/// Windows both are refused as long as a file is mapped). Map files of disks that are your own and are not changed by other programs, and read the rest.
/// </remarks>
public sealed unsafe class MappedArray : IDisposable
{
    private readonly MappedExtent? _mapped;
    private readonly NativeBuffer? _copy;
    private readonly long[] _shape;

    internal MappedArray(MappedExtent mapped, DataType dataType, long[] shape)
        : this(dataType, shape, mapped.Length) => _mapped = mapped;

    internal MappedArray(NativeBuffer copy, DataType dataType, long[] shape)
        : this(dataType, shape, copy.Length) => _copy = copy;

    private MappedArray(DataType dataType, long[] shape, long byteCount)
    {
        DataType = dataType;
        _shape = shape;
        ByteCount = byteCount;
    }

    /// <summary>The type of the elements.</summary>
    public DataType DataType { get; }

    /// <summary>Extent along each axis: of the array, or of the region that was asked for.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>Bytes of all elements.</summary>
    public long ByteCount { get; }

    /// <summary>Whether these are the bytes of the file itself; false for a copy, from <see cref="ZarrArray.MapOrReadAsync"/>.</summary>
    public bool IsMapped => _mapped is not null;

    private byte* Pointer => _mapped is not null ? _mapped.Pointer : _copy!.Pointer;

    /// <summary>
    /// Whether the first element lies at a multiple of <paramref name="bytes"/>. Values of a database lie at any byte of its data files. Processors of x86 and
    /// of 64-bit ARM read elements from anywhere, somewhat slower where one crosses a line of the cache.
    /// </summary>
    /// <param name="bytes">A power of two.</param>
    /// <exception cref="ObjectDisposedException">The object was disposed.</exception>
    public bool IsAligned(int bytes) => ((nint)Pointer & (bytes - 1)) == 0;

    /// <summary>All elements.</summary>
    /// <typeparam name="T">The type of the elements: a number of .NET, or one of this library such as <see cref="BFloat16"/>; or <see cref="byte"/> for their bytes.</typeparam>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> does not hold the elements, or they are more than a span can hold.</exception>
    /// <exception cref="NotSupportedException">The elements are not aligned, and this processor cannot read them so: read the array instead.</exception>
    /// <exception cref="ObjectDisposedException">The object was disposed.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged
    {
        long count = ByteCount / sizeof(T);
        return count <= int.MaxValue
            ? AsSpan<T>(0, (int)count)
            : throw new ArgumentException($"A span does not hold {count} elements: take parts of them.");
    }

    /// <summary>A part of the elements.</summary>
    /// <typeparam name="T">The type of the elements, or <see cref="byte"/> for their bytes.</typeparam>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of <typeparamref name="T"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not within the elements.</exception>
    /// <inheritdoc cref="AsSpan{T}()" path="/exception"/>
    public ReadOnlySpan<T> AsSpan<T>(long offset, int length)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)length * sizeof(T), ByteCount - offset, nameof(length));
        return new ReadOnlySpan<T>(ElementsAt<T>(offset), length);
    }

    /// <summary>All elements as a tensor. A single element without axes comes as one axis of one element.</summary>
    /// <inheritdoc cref="AsSpan{T}()"/>
    public ReadOnlyTensorSpan<T> AsReadOnlyTensorSpan<T>()
        where T : unmanaged
    {
        ElementType.Check<T>(DataType);
        long[] shape = _shape.Length == 0 ? [1] : _shape;
        return new ReadOnlyTensorSpan<T>(ElementsAt<T>(0), (nint)(ByteCount / sizeof(T)), [.. shape.Select(extent => (nint)extent)]);
    }

    /// <summary>Ends the mapping, and with it the life of all spans.</summary>
    public void Dispose()
    {
        _mapped?.Dispose();
        _copy?.Dispose();
    }

    private T* ElementsAt<T>(long offset)
        where T : unmanaged
    {
        if (typeof(T) != typeof(byte))
        {
            ElementType.Check<T>(DataType);
        }

        byte* pointer = Pointer + offset;
        bool readsFromAnywhere = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 or Architecture.Arm64;
        return readsFromAnywhere || sizeof(T) == 1 || ((nint)pointer & (Math.Min(sizeof(T), 8) - 1)) == 0
            ? (T*)pointer
            : throw new NotSupportedException("The elements do not lie at a multiple of their size, and this processor cannot read them so.");
    }
}
