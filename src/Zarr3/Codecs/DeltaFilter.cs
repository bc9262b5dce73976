using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// The first element and then the differences, calculated in the type of the elements and stored as another where one is given.
/// numcodecs: <c>{"id": "delta", "dtype": "&lt;i8", "astype": "&lt;i2"}</c>.
/// </summary>
internal sealed class DeltaFilter : ElementFilter
{
    private const int Block = 512;

    private readonly NumberFormat _decoded;
    private readonly NumberFormat _encoded;

    public DeltaFilter(string name, JsonObject configuration, NumberFormat decoded, NumberFormat encoded)
        : base(name, configuration)
    {
        if (encoded.IsFloat && !decoded.IsFloat)
        {
            throw new UnsupportedFormatException($"codec {name}: differences of {decoded.Type.Name} stored as {encoded.Type.Name} are not supported");
        }

        _decoded = decoded;
        _encoded = encoded;
    }

    public override int DecodedSize => _decoded.Size;

    public override int EncodedSize => _encoded.Size;

    /// <summary>Whether differences are sums of the same integers, so that they can be calculated on the stored bytes.</summary>
    private bool IsUniform => _decoded == _encoded && !_decoded.IsFloat && !_decoded.IsBigEndian;

    public override ChunkSpec Resolve(ChunkSpec decoded) => decoded.DataType.Equals(_decoded.Type)
        ? decoded with { DataType = _encoded.Type, FillValue = _decoded.Convert(decoded.FillValue, _encoded) }
        : throw new UnsupportedFormatException($"codec {Name}: \"dtype\" is {_decoded.Type.Name}, but the elements are {decoded.DataType.Name}");

    public override void Decode(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        if (IsUniform)
        {
            DecodeUniform(encoded, decoded);
        }
        else if (_decoded.IsFloat)
        {
            DecodeFloats(encoded, decoded);
        }
        else
        {
            DecodeIntegers(encoded, decoded);
        }
    }

    public override void Encode(ReadOnlyLongSpan decoded, LongSpan encoded)
    {
        if (IsUniform)
        {
            EncodeUniform(decoded, encoded);
        }
        else if (_decoded.IsFloat)
        {
            EncodeFloats(decoded, encoded);
        }
        else
        {
            EncodeIntegers(decoded, encoded);
        }
    }

    private void DecodeUniform(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        long sum = 0;
        for (long offset = 0; offset < encoded.Length; offset += ReadOnlyLongSpan.DefaultWindow)
        {
            ReadOnlySpan<byte> source = encoded.NextWindow(offset);
            Span<byte> target = decoded.Window(offset, source.Length);
            sum = DecodedSize switch
            {
                1 => Sum(source, target, (byte)sum),
                2 => Sum(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<byte, ushort>(target), (ushort)sum),
                4 => Sum(MemoryMarshal.Cast<byte, uint>(source), MemoryMarshal.Cast<byte, uint>(target), (uint)sum),
                _ => (long)Sum(MemoryMarshal.Cast<byte, ulong>(source), MemoryMarshal.Cast<byte, ulong>(target), (ulong)sum),
            };
        }
    }

    private static T Sum<T>(ReadOnlySpan<T> source, Span<T> target, T sum)
        where T : unmanaged, IBinaryInteger<T>
    {
        target = target[..source.Length];
        for (int i = 0; i < source.Length; i++)
        {
            sum += source[i];
            target[i] = sum;
        }

        return sum;
    }

    private void EncodeUniform(ReadOnlyLongSpan decoded, LongSpan encoded)
    {
        long previous = 0;
        for (long offset = 0; offset < decoded.Length; offset += ReadOnlyLongSpan.DefaultWindow)
        {
            ReadOnlySpan<byte> source = decoded.NextWindow(offset);
            Span<byte> target = encoded.Window(offset, source.Length);
            previous = DecodedSize switch
            {
                1 => Differences(source, target, (byte)previous),
                2 => Differences(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<byte, ushort>(target), (ushort)previous),
                4 => Differences(MemoryMarshal.Cast<byte, uint>(source), MemoryMarshal.Cast<byte, uint>(target), (uint)previous),
                _ => (long)Differences(MemoryMarshal.Cast<byte, ulong>(source), MemoryMarshal.Cast<byte, ulong>(target), (ulong)previous),
            };
        }
    }

    private static T Differences<T>(ReadOnlySpan<T> source, Span<T> target, T previous)
        where T : unmanaged, IBinaryInteger<T>
    {
        target[0] = source[0] - previous;
        TensorPrimitives.Subtract(source[1..], source[..^1], target[1..]);
        return source[^1];
    }

    private void DecodeIntegers(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        Span<long> numbers = stackalloc long[Block];
        long sum = 0;
        long count = encoded.Length / EncodedSize;
        for (long start = 0; start < count; start += Block)
        {
            Span<long> block = numbers[..(int)Math.Min(Block, count - start)];
            _encoded.Load(encoded.Window(start * EncodedSize, block.Length * EncodedSize), block);
            sum = Sum(block, block, sum);
            _decoded.Store(block, decoded.Window(start * DecodedSize, block.Length * DecodedSize));
        }
    }

    private void EncodeIntegers(ReadOnlyLongSpan decoded, LongSpan encoded)
    {
        Span<long> numbers = stackalloc long[Block];
        Span<long> differences = stackalloc long[Block];
        long previous = 0;
        long count = decoded.Length / DecodedSize;
        for (long start = 0; start < count; start += Block)
        {
            Span<long> block = numbers[..(int)Math.Min(Block, count - start)];
            _decoded.Load(decoded.Window(start * DecodedSize, block.Length * DecodedSize), block);
            previous = Differences(block, differences, previous);
            for (int i = 0; i < block.Length; i++)
            {
                // In a wider stored type the difference is that of the type of the elements, past its ends if need be.
                differences[i] = _decoded.Wrap(differences[i]);
            }

            _encoded.Store(differences[..block.Length], encoded.Window(start * EncodedSize, block.Length * EncodedSize));
        }
    }

    private void DecodeFloats(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        Span<double> numbers = stackalloc double[Block];
        double sum = 0;
        long count = encoded.Length / EncodedSize;
        for (long start = 0; start < count; start += Block)
        {
            Span<double> block = numbers[..(int)Math.Min(Block, count - start)];
            _encoded.Load(encoded.Window(start * EncodedSize, block.Length * EncodedSize), block);
            for (int i = 0; i < block.Length; i++)
            {
                double number = _decoded.Round(block[i]);
                sum = start + i == 0 ? number : _decoded.Round(sum + number);
                block[i] = sum;
            }

            _decoded.Store(block, decoded.Window(start * DecodedSize, block.Length * DecodedSize));
        }
    }

    private void EncodeFloats(ReadOnlyLongSpan decoded, LongSpan encoded)
    {
        Span<double> numbers = stackalloc double[Block];
        double previous = 0;
        long count = decoded.Length / DecodedSize;
        for (long start = 0; start < count; start += Block)
        {
            Span<double> block = numbers[..(int)Math.Min(Block, count - start)];
            _decoded.Load(decoded.Window(start * DecodedSize, block.Length * DecodedSize), block);
            for (int i = 0; i < block.Length; i++)
            {
                double number = block[i];
                block[i] = start + i == 0 ? number : _decoded.Round(number - previous);
                previous = number;
            }

            _encoded.Store(block, encoded.Window(start * EncodedSize, block.Length * EncodedSize));
        }
    }
}
