using System.Buffers.Binary;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Reads bits, the highest of a byte first. Behind the end it gives zeros, and says so when it is asked.</summary>
internal ref struct Bz2BitReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>The most bits that one read gives.</summary>
    public const int MaxBits = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    // The next bits from the highest on; of those behind the first _count it may hold some already.
    private ulong _buffer;
    private int _count;
    private long _position;

    /// <summary>Whether more bits were taken than there are.</summary>
    public readonly bool IsPastEnd => (8 * _position) - _count > 8L * _bytes.Length;

    /// <summary>The next 64 bits, at least 56 of which are there once they are filled.</summary>
    public readonly ulong Buffer => _buffer;

    /// <summary>The bytes behind the last one that a bit was taken of.</summary>
    public readonly ReadOnlySpan<byte> Rest => _bytes[(int)Math.Min(_bytes.Length, _position - (_count / 8))..];

    public void Fill()
    {
        if (_position + sizeof(ulong) <= _bytes.Length)
        {
            _buffer |= BinaryPrimitives.ReadUInt64BigEndian(_bytes[(int)_position..]) >> _count;
            _position += (63 - _count) >> 3;
            _count |= 56;
            return;
        }

        while (_count <= 56)
        {
            ulong next = _position < _bytes.Length ? _bytes[(int)_position] : 0u;
            _buffer |= next << (56 - _count);
            _position++;
            _count += 8;
        }
    }

    public void Skip(int count)
    {
        _buffer <<= count;
        _count -= count;
    }

    public uint Read(int count)
    {
        if (_count < count)
        {
            Fill();
        }

        uint value = (uint)(_buffer >> (64 - count));
        Skip(count);
        return value;
    }

    public bool ReadBit() => Read(1) == 1;
}
