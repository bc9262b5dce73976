using System.Buffers.Binary;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// Eight truth values in a byte, the first in the highest bit, behind a byte that counts the bits of the last byte that stand for nothing.
/// numcodecs: <c>{"id": "packbits"}</c>.
/// </summary>
internal sealed class PackBitsFilter(string name) : ElementFilter(name, null)
{
    /// <summary>As a factor it brings the lowest bit of each of eight bytes into the highest byte, as a mask it leaves each byte a bit of its own.</summary>
    private const ulong Gather = 0x8040201008040201;

    private const ulong LowBits = 0x0101010101010101;

    public override int DecodedSize => 1;

    public override int EncodedSize => 1;

    public override long EncodedLength(long count) => 1 + ((count + 7) / 8);

    public override long MaxCount(long encodedLength) => encodedLength > long.MaxValue / 8 ? long.MaxValue : 8 * Math.Max(0, encodedLength - 1);

    public override long Count(ReadOnlyLongSpan encoded)
    {
        int padding = encoded.IsEmpty ? 8 : encoded.First;
        long count = (8 * (encoded.Length - 1)) - padding;
        return padding < 8 && count >= 0
            ? count
            : throw new CorruptDataException($"codec {Name}: {encoded.Length} bytes whose first is {padding} are not packed bits");
    }

    public override ChunkSpec Resolve(ChunkSpec decoded) => decoded.DataType.Kind == DataTypeKind.Boolean
        ? new ChunkSpec([EncodedLength(decoded.Count)], DataType.Parse("uint8"), null)
        : throw new UnsupportedFormatException($"codec {Name}: the elements are {decoded.DataType.Name}, and only bool can be packed");

    public override void Decode(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        long whole = decoded.Length / 8;
        for (long i = 0; i < whole; i++)
        {
            ulong spread = (encoded.Window(1 + i, 1)[0] * LowBits) & Gather;
            ulong flags = ((spread + 0x7F7F7F7F7F7F7F7F) | spread) >> 7 & LowBits;
            BinaryPrimitives.WriteUInt64BigEndian(decoded.Window(8 * i, 8), flags);
        }

        for (long i = 8 * whole; i < decoded.Length; i++)
        {
            decoded.Window(i, 1)[0] = (byte)((encoded.Window(1 + whole, 1)[0] >> (int)(7 - (i % 8))) & 1);
        }
    }

    public override void Encode(ReadOnlyLongSpan decoded, LongSpan encoded)
    {
        encoded.First = (byte)((8 - (decoded.Length % 8)) % 8);
        long whole = decoded.Length / 8;
        for (long i = 0; i < whole; i++)
        {
            encoded.Window(1 + i, 1)[0] = Pack(BinaryPrimitives.ReadUInt64LittleEndian(decoded.Window(8 * i, 8)));
        }

        int rest = (int)(decoded.Length % 8);
        if (rest > 0)
        {
            Span<byte> last = stackalloc byte[8];
            last.Clear();
            decoded.Window(8 * whole, rest).CopyTo(last);
            encoded.Window(1 + whole, 1)[0] = Pack(BinaryPrimitives.ReadUInt64LittleEndian(last));
        }
    }

    /// <summary>The truth of eight bytes, the first of which is the lowest, as bits of which the first is the highest.</summary>
    private static byte Pack(ulong bytes)
    {
        ulong truth = (((bytes & 0x7F7F7F7F7F7F7F7F) + 0x7F7F7F7F7F7F7F7F) | bytes) >> 7 & LowBits;
        return (byte)((truth * Gather) >> 56);
    }
}
