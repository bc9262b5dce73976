using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>What a MessagePack object is.</summary>
internal enum MessagePackType
{
    Nil,
    Boolean,
    SignedInteger,
    UnsignedInteger,
    Float,
    String,
    Binary,
    Array,
    Map,
    Extension,
}

/// <summary>The head of a MessagePack object: its type, and its value or the length of what follows.</summary>
/// <param name="Type">The type.</param>
/// <param name="Bits">The value of a boolean, an integer or a float (its bits as a 64-bit float).</param>
/// <param name="Length">Bytes of a string, binary or extension; elements of an array; pairs of a map.</param>
/// <param name="ExtensionType">The type code of an extension.</param>
internal readonly record struct MessagePackHead(MessagePackType Type, ulong Bits, uint Length, sbyte ExtensionType);

/// <summary>A cursor over MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) that is not trusted and may exceed 2 GiB.</summary>
internal ref struct MessagePackReader
{
    private readonly ReadOnlyLongSpan _bytes;
    private readonly long _end;
    private long _position;

    public MessagePackReader(ReadOnlyLongSpan bytes)
        : this(bytes, 0, bytes.Length)
    {
    }

    private MessagePackReader(ReadOnlyLongSpan bytes, long position, long end)
    {
        _bytes = bytes;
        _position = position;
        _end = end;
    }

    /// <summary>Offset of the next byte in the file.</summary>
    public readonly long Position => _position;

    /// <summary>Bytes left.</summary>
    public readonly long Remaining => _end - _position;

    /// <summary>Reads the head of the next object.</summary>
    /// <exception cref="CorruptDataException">The bytes end in it, or say that more follows than there is.</exception>
    public MessagePackHead ReadHead()
    {
        byte code = Take(1)[0];
        MessagePackHead head = code switch
        {
            < 0x80 => new(MessagePackType.UnsignedInteger, code, 0, 0),
            < 0x90 => new(MessagePackType.Map, 0, (uint)code & 0x0F, 0),
            < 0xA0 => new(MessagePackType.Array, 0, (uint)code & 0x0F, 0),
            < 0xC0 => new(MessagePackType.String, 0, (uint)code & 0x1F, 0),
            0xC0 => new(MessagePackType.Nil, 0, 0, 0),
            0xC2 or 0xC3 => new(MessagePackType.Boolean, (ulong)(code - 0xC2), 0, 0),
            0xC4 => new(MessagePackType.Binary, 0, TakeByte(), 0),
            0xC5 => new(MessagePackType.Binary, 0, TakeUInt16(), 0),
            0xC6 => new(MessagePackType.Binary, 0, TakeUInt32(), 0),
            0xC7 => Extension(TakeByte()),
            0xC8 => Extension(TakeUInt16()),
            0xC9 => Extension(TakeUInt32()),
            0xCA => new(MessagePackType.Float, Bits(BinaryPrimitives.ReadSingleBigEndian(Take(4))), 0, 0),
            0xCB => new(MessagePackType.Float, BinaryPrimitives.ReadUInt64BigEndian(Take(8)), 0, 0),
            0xCC => new(MessagePackType.UnsignedInteger, TakeByte(), 0, 0),
            0xCD => new(MessagePackType.UnsignedInteger, TakeUInt16(), 0, 0),
            0xCE => new(MessagePackType.UnsignedInteger, TakeUInt32(), 0, 0),
            0xCF => new(MessagePackType.UnsignedInteger, BinaryPrimitives.ReadUInt64BigEndian(Take(8)), 0, 0),
            0xD0 => Signed((sbyte)TakeByte()),
            0xD1 => Signed((short)TakeUInt16()),
            0xD2 => Signed((int)TakeUInt32()),
            0xD3 => Signed(BinaryPrimitives.ReadInt64BigEndian(Take(8))),
            >= 0xD4 and <= 0xD8 => Extension(1u << (code - 0xD4)),
            0xD9 => new(MessagePackType.String, 0, TakeByte(), 0),
            0xDA => new(MessagePackType.String, 0, TakeUInt16(), 0),
            0xDB => new(MessagePackType.String, 0, TakeUInt32(), 0),
            0xDC => new(MessagePackType.Array, 0, TakeUInt16(), 0),
            0xDD => new(MessagePackType.Array, 0, TakeUInt32(), 0),
            0xDE => new(MessagePackType.Map, 0, TakeUInt16(), 0),
            0xDF => new(MessagePackType.Map, 0, TakeUInt32(), 0),
            >= 0xE0 => Signed((sbyte)code),
            _ => throw Corrupt($"0x{code:X2} begins no MessagePack object."),
        };

        // Every element needs a byte at least, so a count beyond what is left is wrong before anything is allocated for it.
        long least = head.Type == MessagePackType.Map ? 2L * head.Length : head.Length;
        return least <= Remaining ? head : throw Corrupt($"{head.Type} of length {head.Length}, but only {Remaining} bytes are left.");
    }

    /// <summary>The bytes of the object whose head was just read, which stay where they are.</summary>
    public long Skip(uint length)
    {
        long offset = _position;
        _position += length;
        return offset;
    }

    /// <summary>A cursor over the next bytes only; this one moves behind them.</summary>
    public MessagePackReader Slice(uint length) => new(_bytes, Skip(length), _position);

    /// <summary>The next bytes as text.</summary>
    /// <exception cref="CorruptDataException">They are not UTF-8, or too long for a string.</exception>
    public string ReadText(uint length)
    {
        ReadOnlySpan<byte> utf8 = length <= int.MaxValue / 2 ? Take((int)length) : throw Corrupt($"A text of {length} bytes is too long.");
        return Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : throw Corrupt("A text is not UTF-8.");
    }

    /// <summary>The error that what was just read is wrong.</summary>
    public readonly CorruptDataException Corrupt(string message) => new(message, offset: _position);

    private static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    private static MessagePackHead Signed(long value) => new(MessagePackType.SignedInteger, (ulong)value, 0, 0);

    private MessagePackHead Extension(uint length) => new(MessagePackType.Extension, 0, length, (sbyte)TakeByte());

    private byte TakeByte() => Take(1)[0];

    private ushort TakeUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    private uint TakeUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > Remaining)
        {
            ThrowTruncated(length);
        }

        ReadOnlySpan<byte> bytes = _bytes.Window(_position, length);
        _position += length;
        return bytes;
    }

    [DoesNotReturn]
    private readonly void ThrowTruncated(int length) => throw Corrupt($"MessagePack is cut off: {length} bytes expected, {Remaining} left.");
}
