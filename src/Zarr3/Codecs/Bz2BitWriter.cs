using System.Buffers.Binary;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Writes bits, the highest of a byte first, into memory that is long enough.</summary>
internal ref struct Bz2BitWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;
    private ulong _buffer;
    private int _count;
    private int _position;

    /// <summary>Writes at most 32 bits.</summary>
    public void Write(uint value, int count)
    {
        _buffer |= (ulong)value << (64 - count - _count);
        _count += count;
        if (_count >= 32)
        {
            BinaryPrimitives.WriteUInt32BigEndian(_target[_position..], (uint)(_buffer >> 32));
            _position += sizeof(uint);
            _buffer <<= 32;
            _count -= 32;
        }
    }

    public void WriteMagic(ulong magic)
    {
        Write((uint)(magic >> 24), 24);
        Write((uint)magic & 0xFFFFFF, 24);
    }

    /// <summary>Fills the last byte with zeros and returns the number of bytes.</summary>
    public int Finish()
    {
        for (; _count > 0; _count -= 8)
        {
            _target[_position++] = (byte)(_buffer >> 56);
            _buffer <<= 8;
        }

        return _position;
    }
}
