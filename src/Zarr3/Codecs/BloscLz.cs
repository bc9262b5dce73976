using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// BloscLZ, blosc's own member of the Lempel-Ziv family, as c-blosc writes it since 1.0: runs of 1 to 32 literal bytes, and matches of at least 3 bytes at a
/// distance of up to 73,726 bytes.
/// </summary>
/// <remarks>
/// A control byte below 32 is followed by that number + 1 literals. In any other, the upper three bits are the length - 2 of a match, 7 meaning that bytes
/// follow which add to it, the last being the first that is not 255; the lower five bits and one byte more are the distance - 1. Where all these 13 bits are
/// set, two big-endian bytes follow, and the distance is 8192 more than they say. The first control byte is always that of literals; its upper bits are ignored.
/// </remarks>
internal static class BloscLz
{
    private const int MaxLiterals = 32;
    private const int MinMatch = 4;
    private const int LongMatch = 7;

    /// <summary>The first distance that takes two bytes more.</summary>
    private const int FarDistance = 8192;

    private const int MaxDistance = FarDistance + ushort.MaxValue;

    /// <summary>A far match shorter than this takes more bytes than it saves.</summary>
    private const int MinFarMatch = 7;

    /// <summary>No match starts in the last bytes.</summary>
    private const int Tail = 12;

    /// <summary>Readers want something behind a match, so the very last bytes are always literals.</summary>
    private const int LastLiterals = 5;

    private const int HashBits = 13;

    /// <summary>Data whose first bytes, so many, do not shrink are left as they are: they would only be slower to read.</summary>
    private const int ProbeLength = 8 << 10;

    /// <summary>Failed attempts, as a power of two, after which the search takes longer steps.</summary>
    private const int SkipTrigger = 6;

    /// <summary>Decompresses exactly <paramref name="destination"/>; false where the data does not have that length or is broken.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.IsEmpty)
        {
            return destination.IsEmpty;
        }

        int read = 1;
        int written = 0;
        int control = source[0] & (MaxLiterals - 1);
        while (true)
        {
            if (control < MaxLiterals)
            {
                int count = control + 1;
                if (count > source.Length - read || count > destination.Length - written)
                {
                    return false;
                }

                if (source.Length - read >= MaxLiterals && destination.Length - written >= MaxLiterals)
                {
                    // The most at once: what is too much is written over.
                    Vector256.Create(source.Slice(read, MaxLiterals)).CopyTo(destination[written..]);
                }
                else
                {
                    source.Slice(read, count).CopyTo(destination[written..]);
                }

                read += count;
                written += count;
            }
            else if (!TryReadMatch(source, ref read, control, out int length, out int distance)
                || distance > written || length > destination.Length - written)
            {
                return false;
            }
            else
            {
                CopyMatch(ref Unsafe.Add(ref MemoryMarshal.GetReference(destination), written), distance, length, destination.Length - written);
                written += length;
            }

            if (read == source.Length)
            {
                return written == destination.Length;
            }

            control = source[read++];
        }
    }

    /// <summary>Compresses; returns the length, or 0 where the result would not fit <paramref name="destination"/>.</summary>
    /// <param name="source">What to compress.</param>
    /// <param name="destination">Where to, at most.</param>
    /// <param name="level">1 to 9: how much of the data is searched.</param>
    [SkipLocalsInit]
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        if (source.Length <= Tail)
        {
            return 0;
        }

        Span<int> table = stackalloc int[1 << HashBits];
        table.Fill(-1);
        int step = 1 << (SkipTrigger + (level >= 9 ? 4 : 0) - (level <= 2 ? 2 : 0));
        var output = new Writer(destination);
        int anchor = 0;
        int position = 4;
        int attempts = step;
        int limit = source.Length - Tail;
        int probe = Math.Min(ProbeLength, source.Length / 4);
        while (position < limit)
        {
            if (position >= probe)
            {
                if (output.Length + (position - anchor) >= position)
                {
                    return 0;
                }

                probe = int.MaxValue;
            }

            uint sequence = BinaryPrimitives.ReadUInt32LittleEndian(source[position..]);
            ref int slot = ref table[Hash(sequence)];
            int candidate = slot;
            slot = position;
            int distance = position - candidate;
            if (candidate < 0 || distance > MaxDistance || BinaryPrimitives.ReadUInt32LittleEndian(source[candidate..]) != sequence)
            {
                position += attempts++ / step;
                continue;
            }

            ReadOnlySpan<byte> ahead = source[(position + MinMatch)..^LastLiterals];
            int length = MinMatch + ahead.CommonPrefixLength(source[(candidate + MinMatch)..]);
            if (distance >= FarDistance && length < MinFarMatch)
            {
                position += attempts++ / step;
                continue;
            }

            if (!output.TryWriteLiterals(source[anchor..position]) || !output.TryWriteMatch(length, distance))
            {
                return 0;
            }

            position += length;
            anchor = position;
            attempts = step;
            if (position < limit)
            {
                table[Hash(BinaryPrimitives.ReadUInt32LittleEndian(source[(position - 2)..]))] = position - 2;
            }
        }

        if (!output.TryWriteLiterals(source[anchor..]))
        {
            return 0;
        }

        // The mark of blosclz in the bits of the first control byte that mean nothing.
        destination[0] |= 1 << 5;
        return output.Length;
    }

    private static int Hash(uint sequence) => (int)((sequence * 2654435761u) >> (32 - HashBits));

    private static bool TryReadMatch(ReadOnlySpan<byte> source, ref int read, int control, out int length, out int distance)
    {
        length = (control >> 5) + 2;
        distance = 0;
        if (length == LongMatch + 2)
        {
            int more;
            do
            {
                if (read >= source.Length || length > int.MaxValue - byte.MaxValue)
                {
                    return false;
                }

                more = source[read++];
                length += more;
            }
            while (more == byte.MaxValue);
        }

        if (read >= source.Length)
        {
            return false;
        }

        distance = ((control & 31) << 8) + source[read++] + 1;
        if (distance == FarDistance)
        {
            if (source.Length - read < 2)
            {
                return false;
            }

            distance += BinaryPrimitives.ReadUInt16BigEndian(source[read..]);
            read += 2;
        }

        return true;
    }

    /// <summary>Copies a match, which may overlap itself, to where it is due. <paramref name="room"/> is what may be written at most, from there on.</summary>
    private static void CopyMatch(ref byte target, int distance, int length, int room)
    {
        ref byte match = ref Unsafe.Subtract(ref target, distance);
        if (distance >= Vector<byte>.Count && room - length >= Vector<byte>.Count)
        {
            for (int i = 0; i < length; i += Vector<byte>.Count)
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, i), Unsafe.ReadUnaligned<Vector<byte>>(ref Unsafe.Add(ref match, i)));
            }
        }
        else if (distance == 1)
        {
            Unsafe.InitBlockUnaligned(ref target, match, (uint)length);
        }
        else if (distance >= sizeof(ulong) && room - length >= sizeof(ulong))
        {
            for (int i = 0; i < length; i += sizeof(ulong))
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, i), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref match, i)));
            }
        }
        else
        {
            for (int i = 0; i < length; i++)
            {
                Unsafe.Add(ref target, i) = Unsafe.Add(ref match, i);
            }
        }
    }

    /// <summary>Writes control bytes, literals and matches as long as there is room.</summary>
    private ref struct Writer(Span<byte> destination)
    {
        private readonly Span<byte> _destination = destination;

        public int Length { get; private set; }

        public bool TryWriteLiterals(ReadOnlySpan<byte> literals)
        {
            while (!literals.IsEmpty)
            {
                int count = Math.Min(literals.Length, MaxLiterals);
                if (_destination.Length - Length <= count)
                {
                    return false;
                }

                _destination[Length++] = (byte)(count - 1);
                literals[..count].CopyTo(_destination[Length..]);
                Length += count;
                literals = literals[count..];
            }

            return true;
        }

        public bool TryWriteMatch(int length, int distance)
        {
            int code = length - 2;
            int extra = code >= LongMatch ? ((code - LongMatch) / byte.MaxValue) + 1 : 0;
            bool far = distance >= FarDistance;
            if (_destination.Length - Length < 2 + extra + (far ? 2 : 0))
            {
                return false;
            }

            int near = far ? FarDistance - 1 : distance - 1;
            _destination[Length++] = (byte)((Math.Min(code, LongMatch) << 5) | (near >> 8));
            if (extra > 0)
            {
                _destination.Slice(Length, extra - 1).Fill(byte.MaxValue);
                Length += extra;
                _destination[Length - 1] = (byte)((code - LongMatch) % byte.MaxValue);
            }

            _destination[Length++] = (byte)near;
            if (far)
            {
                BinaryPrimitives.WriteUInt16BigEndian(_destination[Length..], (ushort)(distance - FarDistance));
                Length += 2;
            }

            return true;
        }
    }
}
