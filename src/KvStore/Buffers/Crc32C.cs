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

    private static readonly uint[] Table = CreateTable();

    /// <summary>The checksum of <paramref name="bytes"/>; <paramref name="previous"/> is the checksum of the bytes before them.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        uint crc = ~previous;
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        int index = 0;
        if (X86.Sse42.X64.IsSupported)
        {
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
}
