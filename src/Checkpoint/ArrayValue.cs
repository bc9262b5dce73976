using System.Runtime.InteropServices;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// An array to save, with how it is saved. The elements are little-endian and in C order; types of less than a byte take one byte each. They are borrowed:
/// they must not change until the save has finished, or has made its copy.
/// </summary>
public sealed class ArrayValue
{
    /// <summary>A whole array in ordinary memory.</summary>
    /// <param name="dataType">The type of the elements.</param>
    /// <param name="shape">Elements along each dimension.</param>
    /// <param name="elements">All elements.</param>
    /// <exception cref="ArgumentException">The memory is not as long as the elements are.</exception>
    public ArrayValue(DataType dataType, IReadOnlyList<long> shape, ReadOnlyMemory<byte> elements)
        : this(dataType, shape, (LongMemory)MemoryMarshal.AsMemory(elements))
    {
    }

    /// <summary>A whole array in native memory.</summary>
    /// <inheritdoc cref="ArrayValue(DataType, IReadOnlyList{long}, ReadOnlyMemory{byte})"/>
    public ArrayValue(DataType dataType, IReadOnlyList<long> shape, NativeBuffer elements)
        : this(dataType, shape, (LongMemory)(elements ?? throw new ArgumentNullException(nameof(elements))))
    {
    }

    /// <summary>The regions of an array that this process holds. Together those of all processes cover the array; a region that several hold is given by one.</summary>
    /// <param name="dataType">The type of the elements.</param>
    /// <param name="shape">Elements of the whole array along each dimension.</param>
    /// <param name="parts">The regions, all of one shape, in all processes.</param>
    /// <exception cref="ArgumentException">A region is not within the array, or its memory is not as long as its elements are.</exception>
    public ArrayValue(DataType dataType, IReadOnlyList<long> shape, IReadOnlyList<ArrayPart> parts)
        : this(dataType, shape)
    {
        ArgumentNullException.ThrowIfNull(parts);
        foreach (ArrayPart part in parts)
        {
            CheckPart(part);
        }

        Parts = [.. parts];
    }

    private ArrayValue(DataType dataType, IReadOnlyList<long> shape, LongMemory elements)
        : this(dataType, shape)
    {
        Parts = [ArrayPart.Whole(Shape, elements)];
        IsWhole = true;
        CheckPart(Parts[0]);
    }

    /// <summary>An array that is read from a checkpoint, or a file, while it is saved.</summary>
    internal ArrayValue(DataType dataType, IReadOnlyList<long> shape, LeafSource source)
        : this(dataType, shape)
    {
        Source = source;
        IsWhole = true;
    }

    private ArrayValue(DataType dataType, IReadOnlyList<long> shape)
    {
        ArgumentNullException.ThrowIfNull(dataType);
        ArgumentNullException.ThrowIfNull(shape);
        DataType = dataType;
        Shape = [.. shape];
        ByteLength = Extents.TryByteCount([.. shape], dataType.Size)
            ?? throw new ArgumentException($"An array of shape ({string.Join(", ", shape)}) is larger than 2^63 bytes, or has a negative extent.", nameof(shape));
    }

    /// <summary>The type of the elements.</summary>
    public DataType DataType { get; }

    /// <summary>Elements of the whole array along each dimension.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Bytes of all elements of the whole array.</summary>
    public long ByteLength { get; }

    /// <summary>Whether Orbax restores it as an array of NumPy, which only the first process writes; otherwise as one of JAX.</summary>
    public bool IsNumPy { get; init; }

    /// <summary>How the array lies over devices. Null: on one device. Recorded for arrays of JAX; decides the shape of shards.</summary>
    public ArraySharding? Sharding { get; init; }

    /// <summary>The implementation of JAX's random generator whose keys these are; null for every other array.</summary>
    public string? KeyImplementation { get; init; }

    /// <summary>The type that the elements are converted to when they are stored; null: as they are.</summary>
    public DataType? StoreAs { get; init; }

    /// <summary>Most bytes of a chunk; null: what <see cref="SaveOptions.ChunkByteSize"/> says.</summary>
    public long? ChunkByteSize { get; init; }

    /// <summary>Dimensions that are cut to one element a chunk before others are cut.</summary>
    public IReadOnlyList<int> ShardAxes { get; init; } = [];

    /// <summary>The shape of the parts in which the array is written. Null: that of a shard, which replicas share out among them.</summary>
    public IReadOnlyList<long>? WriteShape { get; init; }

    /// <summary>Whether this value has the elements of the whole array, rather than regions of it.</summary>
    internal bool IsWhole { get; private init; }

    /// <summary>The elements that are in memory.</summary>
    internal IReadOnlyList<ArrayPart> Parts { get; private init; } = [];

    /// <summary>Where the elements are read from; null where they are in memory.</summary>
    internal LeafSource? Source { get; private init; }

    /// <summary>A whole array of a type of .NET.</summary>
    /// <typeparam name="T">A number of .NET, or one of this library such as <see cref="BFloat16"/>.</typeparam>
    /// <param name="elements">All elements in C order.</param>
    /// <param name="shape">Elements along each dimension.</param>
    /// <exception cref="ArgumentException">There are not as many elements as the shape says, or no type of elements is that of <typeparamref name="T"/>.</exception>
    public static ArrayValue Create<T>(ReadOnlyMemory<T> elements, params IReadOnlyList<long> shape)
        where T : unmanaged
    {
        DataType type = ElementType.DataTypeOf(typeof(T)) ?? throw new ArgumentException($"No array has elements of {typeof(T).Name}.", nameof(T));
        return new ArrayValue(type, shape, ZarrArray.Bytes(MemoryMarshal.AsMemory(elements)));
    }

    /// <inheritdoc cref="Create{T}(ReadOnlyMemory{T}, IReadOnlyList{long})"/>
    public static ArrayValue Create<T>(T[] elements, params IReadOnlyList<long> shape)
        where T : unmanaged => Create((ReadOnlyMemory<T>)elements, shape);

    /// <summary>A value for a leaf that is read from a checkpoint when it is saved.</summary>
    /// <exception cref="ArgumentException">The leaf has no elements.</exception>
    public static ArrayValue FromLeaf(CheckpointLeaf leaf) => FromLeaf(leaf, null);

    internal static ArrayValue FromLeaf(CheckpointLeaf leaf, ArraySharding? sharding)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        return leaf is { DataType: { } type, Source: { } source }
            ? new ArrayValue(type, leaf.Shape, source)
            {
                // What is recorded neither as an array of JAX nor of NumPy fits both; NumPy's is restored on any machine.
                IsNumPy = leaf.TypeName != LeafTypes.JaxArray,
                KeyImplementation = leaf.KeyImplementation,
                Sharding = sharding,
                WriteShape = leaf.WriteShape,
            }
            : throw new ArgumentException($"'{leaf.Name}' has no elements.", nameof(leaf));
    }

    /// <summary>The value of a leaf that was restored; its memory is borrowed.</summary>
    internal static ArrayValue FromRestored(CheckpointLeaf leaf, LongMemory elements, ArraySharding? sharding) => new(leaf.DataType!, leaf.Shape, elements)
    {
        IsNumPy = leaf.TypeName != LeafTypes.JaxArray,
        KeyImplementation = leaf.KeyImplementation,
        Sharding = sharding,
        WriteShape = leaf.WriteShape,
    };

    /// <summary>The same with a copy of the elements that are in memory.</summary>
    internal ArrayValue Copy(ICollection<IDisposable> owned)
    {
        List<ArrayPart> copies = new(Parts.Count);
        foreach (ArrayPart part in Parts)
        {
            NativeBuffer copy = new(part.Elements.Length);
            owned.Add(copy);
            ((ReadOnlyLongSpan)part.Elements.Span).CopyTo(copy.Span);
            copies.Add(new ArrayPart(part.Origin, part.Shape, copy));
        }

        return With(copies);
    }

    /// <summary>The same, converted when it is stored.</summary>
    internal ArrayValue Stored(DataType type) => With(Parts, type);

    /// <summary>The same keys as plain numbers.</summary>
    internal ArrayValue WithoutKeyImplementation() => With(Parts, isKey: false);

    private ArrayValue With(IReadOnlyList<ArrayPart> parts, DataType? storeAs = null, bool isKey = true) => new(DataType, Shape)
    {
        IsNumPy = IsNumPy,
        Sharding = Sharding,
        KeyImplementation = isKey ? KeyImplementation : null,
        StoreAs = storeAs ?? StoreAs,
        ChunkByteSize = ChunkByteSize,
        ShardAxes = ShardAxes,
        WriteShape = WriteShape,
        IsWhole = IsWhole,
        Parts = parts,
        Source = Source,
    };

    private void CheckPart(ArrayPart part)
    {
        if (part.Origin.Count != Shape.Count || part.Shape.Count != Shape.Count)
        {
            throw new ArgumentException($"A region of {part.Shape.Count} dimensions was given for an array of {Shape.Count}.", nameof(part));
        }

        for (int dimension = 0; dimension < Shape.Count; dimension++)
        {
            if (part.Origin[dimension] < 0 || part.Shape[dimension] < 0 || part.Shape[dimension] > Shape[dimension] - part.Origin[dimension])
            {
                throw new ArgumentException(
                    $"{part.Shape[dimension]} elements from {part.Origin[dimension]} on are not within the {Shape[dimension]} of dimension {dimension}.", nameof(part));
            }
        }

        long bytes = Extents.TryByteCount([.. part.Shape], DataType.Size) ?? -1;
        if (part.Elements.Length != bytes)
        {
            throw new ArgumentException($"{part.Elements.Length} bytes were given for the elements of a region of shape ({string.Join(", ", part.Shape)}), which take {bytes}.", nameof(part));
        }
    }
}
