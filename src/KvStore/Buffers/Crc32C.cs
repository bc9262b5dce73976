using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Arm = System.Runtime.Intrinsics.Arm;
using X86 = System.Runtime.Intrinsics.X86;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>
/// CRC-32C (Castagnoli; reflected polynomial 0x82F63B78), the checksum of OCDBT and of zarr's <c>crc32c</c> codec.
/// <see cref="System.IO.Hashing"/> has only the polynomial of zip.
/// </summary>
internal static class Crc32C
{
    private const uint Polynomial = 0x82F63B78;

    // The instruction takes three cycles, but a new one can begin in each: three lanes at once, joined at the end.
    private const int LaneBytes = 4096;

    private static readonly uint[] Table = CreateTable();

    /// <summary>The checksum of <paramref name="bytes"/>; <paramref name="previous"/> is the checksum of the bytes before them.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        uint crc = ~previous;
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        int index = 0;
        if (X86.Sse42.X64.IsSupported)
        {
            for (; bytes.Length - index >= 3 * LaneBytes; index += 3 * LaneBytes)
            {
                crc = ThreeLanes(ref Unsafe.Add(ref start, index), crc);
            }

            ulong wide = crc;
            for (; index + 8 <= bytes.Length; index += 8)
            {
                wide = X86.Sse42.X64.Crc32(wide, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, index)));
            }

            crc = (uint)wide;
            for (; index < bytes.Length; index++)
            {
                crc = X86.Sse42.Crc32(crc, bytes[index]);
            }
        }
        else if (Arm.Crc32.Arm64.IsSupported)
        {
            for (; index + 8 <= bytes.Length; index += 8)
            {
                crc = Arm.Crc32.Arm64.ComputeCrc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes[index..]));
            }

            for (; index < bytes.Length; index++)
            {
                crc = Arm.Crc32.ComputeCrc32C(crc, bytes[index]);
            }
        }
        else
        {
            crc = Portable(bytes, crc);
        }

        return ~crc;
    }

    /// <summary>The state after three lanes of bytes.</summary>
    private static uint ThreeLanes(ref byte start, uint crc)
    {
        ulong first = crc;
        ulong second = 0;
        ulong third = 0;
        for (int index = 0; index < LaneBytes; index += 8)
        {
            ref byte position = ref Unsafe.Add(ref start, index);
            first = X86.Sse42.X64.Crc32(first, Unsafe.ReadUnaligned<ulong>(ref position));
            second = X86.Sse42.X64.Crc32(second, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref position, LaneBytes)));
            third = X86.Sse42.X64.Crc32(third, Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref position, 2 * LaneBytes)));
        }

        return Lane.Skip(Lane.Skip((uint)first) ^ (uint)second) ^ (uint)third;
    }

    /// <summary>One byte at a time, for processors without the instruction, and to test the others against.</summary>
    internal static uint Portable(ReadOnlySpan<byte> bytes, uint crc)
    {
        foreach (byte value in bytes)
        {
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint[] CreateTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value >> 1) ^ ((value & 1) * Polynomial);
            }

            table[i] = value;
        }

        return table;
    }

    /// <summary>What a lane of zeros makes of a state. That is linear in the bits of the state, so four tables of a byte each tell it.</summary>
    private static class Lane
    {
        private static readonly uint[] Tables = CreateTables();

        public static uint Skip(uint crc) =>
            Tables[(byte)crc] ^ Tables[256 + (byte)(crc >> 8)] ^ Tables[512 + (byte)(crc >> 16)] ^ Tables[768 + (crc >> 24)];

        private static uint[] CreateTables()
        {
            uint[] tables = new uint[4 * 256];
            for (int bit = 0; bit < 32; bit++)
            {
                // Every entry is the sum of those of its bits; the lower ones are there already.
                ulong skipped = 1u << bit;
                for (int i = 0; i < LaneBytes; i += 8)
                {
                    skipped = X86.Sse42.X64.Crc32(skipped, 0);
                }

                int table = bit / 8 * 256;
                int step = 1 << (bit % 8);
                for (int i = 0; i < step; i++)
                {
                    tables[table + step + i] = tables[table + i] ^ (uint)skipped;
                }
            }

            return tables;
        }
    }
}
