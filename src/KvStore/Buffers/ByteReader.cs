using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>A cursor over bytes that are not trusted. Every read checks what is left; errors carry the offset.</summary>
internal ref struct ByteReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _origin;
    private int _position;

    /// <param name="bytes">What to read.</param>
    /// <param name="origin">Offset of the first byte within the structure that error messages count from.</param>
    public ByteReader(ReadOnlySpan<byte> bytes, long origin = 0)
    {
        _bytes = bytes;
        _origin = origin;
    }

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes left to read.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    /// <summary>Offset of the next byte, as error messages count.</summary>
    public readonly long Offset => _origin + _position;

    public byte ReadByte(string what)
    {
        if (_position >= _bytes.Length)
        {
            ThrowTruncated(what, 1);
        }

        return _bytes[_position++];
    }

    public ReadOnlySpan<byte> ReadBytes(int length, string what)
    {
        if ((uint)length > (uint)Remaining)
        {
            ThrowTruncated(what, length);
        }

        ReadOnlySpan<byte> slice = _bytes.Slice(_position, length);
        _position += length;
        return slice;
    }

    public ushort ReadUInt16LittleEndian(string what) => BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(2, what));

    public uint ReadUInt32LittleEndian(string what) => BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4, what));

    public ulong ReadUInt64LittleEndian(string what) => BinaryPrimitives.ReadUInt64LittleEndian(ReadBytes(8, what));

    public uint ReadUInt32BigEndian(string what) => BinaryPrimitives.ReadUInt32BigEndian(ReadBytes(4, what));

    public ulong ReadUInt64BigEndian(string what) => BinaryPrimitives.ReadUInt64BigEndian(ReadBytes(8, what));

    /// <summary>An unsigned LEB128 number of at most 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadVarint64(string what) =>
        (uint)_position < (uint)_bytes.Length && _bytes[_position] < 0x80 ? _bytes[_position++] : ReadLongVarint64(what);

    /// <summary>An unsigned LEB128 number of at most 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ReadVarint32(string what) =>
        (uint)_position < (uint)_bytes.Length && _bytes[_position] < 0x80 ? _bytes[_position++] : ReadLongVarint32(what);

    /// <summary>An unsigned LEB128 number of at most 16 bits.</summary>
    public ushort ReadVarint16(string what)
    {
        uint value = ReadVarint32(what);
        if (value > ushort.MaxValue)
        {
            ThrowOverflow(what, 16);
        }

        return (ushort)value;
    }

    /// <summary>Checks that everything has been read.</summary>
    public readonly void EnsureEnd(string what)
    {
        if (Remaining != 0)
        {
            throw Corrupt($"{what} is followed by {Remaining} bytes that belong to nothing");
        }
    }

    /// <summary>The error that the bytes before the cursor are wrong.</summary>
    public readonly CorruptDataException Corrupt(string message) => new(message, offset: Offset);

    private ulong ReadLongVarint64(string what)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = ReadByte(what);
            if (shift == 63 && next > 1)
            {
                ThrowOverflow(what, 64);
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private uint ReadLongVarint32(string what)
    {
        uint value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = ReadByte(what);
            if (shift == 28 && next > 0x0F)
            {
                ThrowOverflow(what, 32);
            }

            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    [DoesNotReturn]
    private readonly void ThrowTruncated(string what, int length) =>
        throw Corrupt($"{what} is cut off: {length} bytes expected, {Remaining} left");

    [DoesNotReturn]
    private readonly void ThrowOverflow(string what, int bits) =>
        throw Corrupt($"{what} is a variable-length number of more than {bits} bits");
}
