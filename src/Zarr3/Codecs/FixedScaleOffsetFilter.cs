using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// (element - offset) × scale, rounded to whole numbers: elements come back only as near as that allows. numcodecs:
/// <c>{"id": "fixedscaleoffset", "scale": 10, "offset": 1000, "dtype": "&lt;f8", "astype": "|u1"}</c>.
/// </summary>
/// <param name="name">Its name in the metadata.</param>
/// <param name="configuration">Its options as the metadata give them.</param>
/// <param name="decoded">The elements.</param>
/// <param name="encoded">The stored numbers.</param>
/// <param name="offset">The offset.</param>
/// <param name="scale">The scale, not 0.</param>
internal sealed class FixedScaleOffsetFilter(
    string name, JsonObject configuration, NumberFormat decoded, NumberFormat encoded, FixedScaleOffsetFilter.Number offset, FixedScaleOffsetFilter.Number scale)
    : ElementFilter(name, configuration)
{
    private const int Block = 512;

    /// <summary>A number of the metadata: like numpy's, arithmetic of integers stays with integers only where it is written as one.</summary>
    public readonly record struct Number(double Value, long? Whole);

    public override int DecodedSize => decoded.Size;

    public override int EncodedSize => encoded.Size;

    public override ChunkSpec Resolve(ChunkSpec chunk) => chunk.DataType.Equals(decoded.Type)
        ? chunk with { DataType = encoded.Type, FillValue = decoded.Convert(chunk.FillValue, encoded) }
        : throw new UnsupportedFormatException($"codec {Name}: \"dtype\" is {decoded.Type.Name}, but the elements are {chunk.DataType.Name}");

    public override void Decode(ReadOnlyLongSpan source, LongSpan target)
    {
        Span<double> numbers = stackalloc double[Block];
        long count = source.Length / EncodedSize;
        for (long start = 0; start < count; start += Block)
        {
            Span<double> block = numbers[..(int)Math.Min(Block, count - start)];
            encoded.Load(source.Window(start * EncodedSize, block.Length * EncodedSize), block);
            for (int i = 0; i < block.Length; i++)
            {
                // Division gives a double for every integer, and a float of the same width for a float.
                block[i] = encoded.IsFloat
                    ? encoded.Round(encoded.Round(block[i] / encoded.Round(scale.Value)) + encoded.Round(offset.Value))
                    : (block[i] / scale.Value) + offset.Value;
            }

            decoded.Store(block, target.Window(start * DecodedSize, block.Length * DecodedSize));
        }
    }

    public override void Encode(ReadOnlyLongSpan source, LongSpan target)
    {
        long count = source.Length / DecodedSize;
        for (long start = 0; start < count; start += Block)
        {
            int length = (int)Math.Min(Block, count - start);
            EncodeBlock(source.Window(start * DecodedSize, length * DecodedSize), target.Window(start * EncodedSize, length * EncodedSize), length);
        }
    }

    private void EncodeBlock(ReadOnlySpan<byte> source, Span<byte> target, int length)
    {
        Span<double> numbers = stackalloc double[length];
        if (decoded.IsFloat)
        {
            decoded.Load(source, numbers);
            double scaleHere = decoded.Round(scale.Value);
            double offsetHere = decoded.Round(offset.Value);
            foreach (ref double number in numbers)
            {
                number = Math.Round(decoded.Round(decoded.Round(number - offsetHere) * scaleHere), MidpointRounding.ToEven);
            }

            encoded.Store(numbers, target);
            return;
        }

        Span<long> integers = stackalloc long[length];
        decoded.Load(source, integers);
        if (offset.Whole is { } wholeOffset && scale.Whole is { } wholeScale && !encoded.IsFloat)
        {
            foreach (ref long number in integers)
            {
                number = decoded.Wrap((number - wholeOffset) * wholeScale);
            }

            encoded.Store(integers, target);
            return;
        }

        for (int i = 0; i < length; i++)
        {
            double shifted = offset.Whole is { } whole ? decoded.ToDouble(decoded.Wrap(integers[i] - whole)) : decoded.ToDouble(integers[i]) - offset.Value;
            numbers[i] = Math.Round(shifted * scale.Value, MidpointRounding.ToEven);
        }

        encoded.Store(numbers, target);
    }
}
