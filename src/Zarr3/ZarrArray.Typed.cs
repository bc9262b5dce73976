using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3;

/// <content>Reading and writing with types of .NET.</content>
public sealed partial class ZarrArray
{
    /// <summary>Reads a region.</summary>
    /// <typeparam name="T">The type of the elements: a number of .NET, or one of this library such as <see cref="BFloat16"/>.</typeparam>
    /// <param name="destination">Memory for exactly the region's elements, in C order.</param>
    /// <param name="region">The region; the whole array where not said otherwise.</param>
    /// <param name="options">Cost and checks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> does not hold the elements, the region is not within the array, or the destination has another length.</exception>
    /// <inheritdoc cref="ReadAsync(Memory{byte}, ArrayRegion, ArrayReadOptions?, CancellationToken)" path="/exception[not(contains(@cref, 'Argument'))]"/>
    public ValueTask ReadAsync<T>(
        Memory<T> destination, ArrayRegion region = default, ArrayReadOptions? options = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        ElementType.Check<T>(DataType);
        return ReadAsync(Bytes(destination), region, options, cancellationToken);
    }

    /// <summary>Reads a region into a new tensor.</summary>
    /// <typeparam name="T">The type of the elements: a number of .NET, or one of this library such as <see cref="BFloat16"/>.</typeparam>
    /// <param name="region">The region; the whole array where not said otherwise.</param>
    /// <param name="options">Cost and checks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The elements, of the region's shape. A single element without axes comes as one axis of one element.</returns>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> does not hold the elements, the region is not within the array, or it has more elements than a .NET array can have.</exception>
    /// <inheritdoc cref="ReadAsync(Memory{byte}, ArrayRegion, ArrayReadOptions?, CancellationToken)" path="/exception[not(contains(@cref, 'Argument'))]"/>
    public async ValueTask<Tensor<T>> ReadTensorAsync<T>(
        ArrayRegion region = default, ArrayReadOptions? options = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        ElementType.Check<T>(DataType);
        (_, long[] shape) = region.Resolve(Metadata.Shape);
        long bytes = Extents.TryByteCount(shape, DataType.Size) ?? long.MaxValue;
        if (bytes / DataType.Size > Array.MaxLength)
        {
            throw new ArgumentException($"A region of shape {Extents.Format(shape)} has more elements than an array of .NET: read it into a NativeBuffer.", nameof(region));
        }

        T[] elements = GC.AllocateUninitializedArray<T>((int)(bytes / DataType.Size));
        await ReadAsync<T>(elements, region, options, cancellationToken).ConfigureAwait(false);
        return shape.Length == 0 ? Tensor.Create(elements) : Tensor.Create(elements, [.. shape.Select(extent => (nint)extent)]);
    }

    /// <summary>Writes a region.</summary>
    /// <typeparam name="T">The type of the elements: a number of .NET, or one of this library such as <see cref="BFloat16"/>.</typeparam>
    /// <param name="source">Exactly the region's elements in C order; not to be changed until the task ends.</param>
    /// <param name="region">The region; the whole array where not said otherwise.</param>
    /// <param name="options">Cost, and what to do with chunks of nothing but the fill value.</param>
    /// <param name="cancellationToken">Gives up; some chunks may have been written.</param>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> does not hold the elements, the region is not within the array, or the source has another length.</exception>
    /// <inheritdoc cref="WriteAsync(ReadOnlyMemory{byte}, ArrayRegion, ArrayWriteOptions?, CancellationToken)" path="/exception[not(contains(@cref, 'Argument'))]"/>
    public ValueTask WriteAsync<T>(
        ReadOnlyMemory<T> source, ArrayRegion region = default, ArrayWriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        ElementType.Check<T>(DataType);
        return WriteAsync(Bytes(MemoryMarshal.AsMemory(source)), region, options, cancellationToken);
    }

    /// <summary>Writes a tensor, whatever its strides.</summary>
    /// <typeparam name="T">The type of the elements: a number of .NET, or one of this library such as <see cref="BFloat16"/>.</typeparam>
    /// <param name="source">The elements.</param>
    /// <param name="origin">The first index along each axis; the array's first element where not given.</param>
    /// <param name="options">Cost, and what to do with chunks of nothing but the fill value.</param>
    /// <param name="cancellationToken">Gives up; some chunks may have been written.</param>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> does not hold the elements, or the tensor is not within the array.</exception>
    /// <inheritdoc cref="WriteAsync(ReadOnlyMemory{byte}, ArrayRegion, ArrayWriteOptions?, CancellationToken)" path="/exception[not(contains(@cref, 'Argument'))]"/>
    public async ValueTask WriteTensorAsync<T>(
        Tensor<T> source, IReadOnlyList<long>? origin = null, ArrayWriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(source);
        ElementType.Check<T>(DataType);
        if (source.FlattenedLength > Array.MaxLength)
        {
            throw new ArgumentException($"A tensor of {source.FlattenedLength} elements is too large: write it from a NativeBuffer.", nameof(source));
        }

        long[] shape = Shape.Count == 0 && source.FlattenedLength == 1 ? [] : [.. source.Lengths.ToArray().Select(length => (long)length)];
        ArrayRegion region = new(origin is null ? new long[shape.Length] : [.. origin], shape);
        using NativeBuffer elements = new((long)source.FlattenedLength * Unsafe.SizeOf<T>());
        source.FlattenTo(elements.AsSpan<T>(0, (int)source.FlattenedLength));
        await WriteAsync(elements, region, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The bytes of elements: a view, not a copy.</summary>
    internal static LongMemory Bytes<T>(Memory<T> elements)
        where T : unmanaged => typeof(T) == typeof(byte)
            ? (Memory<byte>)(object)elements
            : elements.Length <= int.MaxValue / Unsafe.SizeOf<T>() ? new CastMemory<T>(elements).Memory
            : throw new ArgumentException("The elements take more than 2^31 bytes: use a NativeBuffer.", nameof(elements));

    /// <summary>Memory of elements seen as memory of bytes.</summary>
    private sealed class CastMemory<T>(Memory<T> elements) : MemoryManager<byte>
        where T : unmanaged
    {
        public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(elements.Span);

        public override unsafe MemoryHandle Pin(int elementIndex = 0)
        {
            MemoryHandle handle = elements.Pin();
            return new MemoryHandle((byte*)handle.Pointer + elementIndex, default, new PinnedElements(handle));
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class PinnedElements(MemoryHandle handle) : IPinnable
    {
        private MemoryHandle _handle = handle;

        public MemoryHandle Pin(int elementIndex) => throw new NotSupportedException();

        public void Unpin() => _handle.Dispose();
    }
}
