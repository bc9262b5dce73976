using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Which bytes of an element are reversed in storage: nothing, the whole, both halves of a complex number, some fields of a structure.</summary>
internal sealed class ByteOrder
{
    private readonly (int Offset, int Width)[] _numbers;
    private readonly int _elementSize;

    // The width of all numbers, where every byte of an element belongs to one that is reversed.
    private readonly int _uniform;

    private ByteOrder(int elementSize, IEnumerable<(int Offset, int Width)> numbers)
    {
        _elementSize = elementSize;
        _numbers = [.. numbers];
        bool covered = _numbers.Sum(number => number.Width) == elementSize && _numbers.All(number => number.Width == _numbers[0].Width);
        _uniform = _numbers.Length > 0 && covered ? _numbers[0].Width : 0;
    }

    /// <summary>Whether stored bytes are what memory holds.</summary>
    public bool IsNative => _numbers.Length == 0;

    /// <summary>Whether the number that begins at an offset within an element is reversed.</summary>
    public bool Reverses(int offset) => Array.Exists(_numbers, number => number.Offset == offset);

    /// <summary>Every number of an element big-endian, or none.</summary>
    public static ByteOrder Of(DataType type, bool bigEndian) =>
        new(type.Size, bigEndian && type.ComponentSize > 1 ? Numbers(0, type, 1) : []);

    /// <summary>A structure of which some fields are big-endian.</summary>
    public static ByteOrder OfFields(DataType structure, IReadOnlyList<bool> bigEndian) =>
        new(structure.Size, structure.Fields.Zip(bigEndian).Where(pair => pair.Second && pair.First.Type.ComponentSize > 1)
            .SelectMany(pair => Numbers(pair.First.Offset, pair.First.Type, pair.First.Size / pair.First.Type.Size)));

    /// <summary>Reverses numbers in place: storage to memory, or back.</summary>
    public void Swap(LongSpan elements)
    {
        for (long offset = 0; offset < elements.Length;)
        {
            int most = ReadOnlyLongSpan.DefaultWindow / _elementSize * _elementSize;
            Span<byte> window = elements.NextWindow(offset, most);
            Swap(window);
            offset += window.Length;
        }
    }

    private void Swap(Span<byte> elements)
    {
        switch (_uniform)
        {
            case 2:
                Span<ushort> halves = MemoryMarshal.Cast<byte, ushort>(elements);
                BinaryPrimitives.ReverseEndianness(halves, halves);
                return;
            case 4:
                Span<uint> singles = MemoryMarshal.Cast<byte, uint>(elements);
                BinaryPrimitives.ReverseEndianness(singles, singles);
                return;
            case 8:
                Span<ulong> doubles = MemoryMarshal.Cast<byte, ulong>(elements);
                BinaryPrimitives.ReverseEndianness(doubles, doubles);
                return;
        }

        for (int start = 0; start < elements.Length; start += _elementSize)
        {
            foreach ((int offset, int width) in _numbers)
            {
                elements.Slice(start + offset, width).Reverse();
            }
        }
    }

    private static IEnumerable<(int Offset, int Width)> Numbers(int offset, DataType type, int count)
    {
        int width = type.ComponentSize;
        return Enumerable.Range(0, count * type.Size / width).Select(index => (offset + index * width, width));
    }
}
