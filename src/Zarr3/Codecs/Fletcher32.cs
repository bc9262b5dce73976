using System.Buffers.Binary;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// Fletcher's checksum as HDF5 computes it: over words of 16 bits, big-endian, an odd byte at the end being the high half of one more; both sums
/// modulo 65535, but with 65535 in place of 0 where they are not both empty.
/// </summary>
internal struct Fletcher32
{
    // So many words can be added before the sum of sums needs to be folded.
    private const int MaxWords = 360;

    private uint _sum;
    private uint _sumOfSums;

    public readonly uint Value => (Fold(_sumOfSums) << 16) | Fold(_sum);

    /// <summary>Adds bytes; only the last ones may be odd in number.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 1)
        {
            int words = Math.Min(MaxWords, bytes.Length / 2);
            for (int word = 0; word < words; word++)
            {
                _sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[(2 * word)..]);
                _sumOfSums += _sum;
            }

            _sum = Fold(_sum);
            _sumOfSums = Fold(_sumOfSums);
            bytes = bytes[(2 * words)..];
        }

        if (!bytes.IsEmpty)
        {
            _sum = Fold(_sum + ((uint)bytes[0] << 8));
            _sumOfSums = Fold(_sumOfSums + _sum);
        }
    }

    private static uint Fold(uint sum) => (sum & 0xFFFF) + (sum >> 16);
}
