using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>A cursor over bytes that are not trusted. Every read checks what is left; errors carry the offset.</summary>
internal ref struct ByteReader
{
    private readonly long _origin;
    private readonly IByteSource? _source;
    private ReadOnlySpan<byte> _bytes;
    private int _position;

    /// <param name="bytes">What to read.</param>
    /// <param name="origin">Offset of the first byte within the structure that error messages count from.</param>
    public ByteReader(ReadOnlySpan<byte> bytes, long origin = 0)
    {
        _bytes = bytes;
        _origin = origin;
    }

    /// <param name="source">What to read, from its beginning; more of it is made available as the cursor comes to it.</param>
    public ByteReader(IByteSource source)
        : this(source.Reach(0)) => _source = source;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes left to read; of a source the most that can be left.</summary>
    public readonly int Remaining => (_source?.Capacity ?? _bytes.Length) - _position;

    /// <summary>Offset of the next byte, as error messages count.</summary>
    public readonly long Offset => _origin + _position;

    public byte ReadByte(string what)
    {
        if (_position >= _bytes.Length)
        {
            Reach(1, what);
        }

        return _bytes[_position++];
    }

    public ReadOnlySpan<byte> ReadBytes(int length, string what)
    {
        if ((uint)length > (uint)(_bytes.Length - _position))
        {
            Reach(length, what);
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

    /// <summary>Asks the source for more.</summary>
    private void Reach(int length, string what)
    {
        if (_source is not null && (uint)length <= (uint)Remaining)
        {
            _bytes = _source.Reach(_position + length);
        }

        if ((uint)length > (uint)(_bytes.Length - _position))
        {
            ThrowTruncated(what, length);
        }
    }

    [DoesNotReturn]
    private readonly void ThrowTruncated(string what, int length) =>
        throw Corrupt($"{what} is cut off: {length} bytes expected, {_bytes.Length - _position} left");

    [DoesNotReturn]
    private readonly void ThrowOverflow(string what, int bits) =>
        throw Corrupt($"{what} is a variable-length number of more than {bits} bits");
}
