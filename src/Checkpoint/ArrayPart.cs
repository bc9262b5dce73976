using System.Runtime.InteropServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Checkpoint;

/// <summary>A region of an array that a process holds.</summary>
public sealed class ArrayPart
{
    private const int UsualRanks = 8;

    private static readonly IReadOnlyList<long>[] _zeros = [.. Enumerable.Range(0, UsualRanks).Select(rank => (IReadOnlyList<long>)[.. new long[rank]])];

    /// <summary>A region in ordinary memory.</summary>
    /// <param name="origin">The first element along each dimension.</param>
    /// <param name="shape">The number of elements along each dimension.</param>
    /// <param name="elements">The elements, little-endian and in C order; read until the save has finished.</param>
    public ArrayPart(IReadOnlyList<long> origin, IReadOnlyList<long> shape, ReadOnlyMemory<byte> elements)
        : this(origin, shape, (LongMemory)MemoryMarshal.AsMemory(elements))
    {
    }

    /// <summary>A region in native memory.</summary>
    /// <inheritdoc cref="ArrayPart(IReadOnlyList{long}, IReadOnlyList{long}, ReadOnlyMemory{byte})"/>
    public ArrayPart(IReadOnlyList<long> origin, IReadOnlyList<long> shape, NativeBuffer elements)
        : this(origin, shape, (LongMemory)(elements ?? throw new ArgumentNullException(nameof(elements))))
    {
    }

    private ArrayPart(IReadOnlyList<long> origin, IReadOnlyList<long> shape, LongMemory elements)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(shape);
        Origin = [.. origin];
        Shape = [.. shape];
        Elements = elements;
    }

    private ArrayPart(IReadOnlyList<long> shape, LongMemory elements)
    {
        Origin = shape.Count < _zeros.Length ? _zeros[shape.Count] : new long[shape.Count];
        Shape = shape;
        Elements = elements;
    }

    /// <summary>The first element along each dimension.</summary>
    public IReadOnlyList<long> Origin { get; }

    /// <summary>The number of elements along each dimension.</summary>
    public IReadOnlyList<long> Shape { get; }

    internal LongMemory Elements { get; }

    /// <summary>A whole array.</summary>
    /// <param name="shape">Its extents, which nobody changes: there are many arrays, and all of one shape may share it.</param>
    /// <param name="elements">Its elements.</param>
    internal static ArrayPart Whole(IReadOnlyList<long> shape, LongMemory elements) => new(shape, elements);

    internal static ArrayPart Of(IReadOnlyList<long> origin, IReadOnlyList<long> shape, LongMemory elements) => new(origin, shape, elements);
}
