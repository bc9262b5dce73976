using System.IO.Compression;
using System.Runtime.InteropServices;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>What lies around deflated data.</summary>
internal enum DeflateFormat
{
    /// <summary>RFC 1950: two bytes before, an Adler-32 behind.</summary>
    Zlib,

    /// <summary>RFC 1952: ten or more bytes before, a CRC-32 and the length behind; there may be several members.</summary>
    Gzip,
}

/// <summary>zlib and gzip from span to span. The runtime has them over streams only; these work on unmanaged views of the spans, so little is copied.</summary>
internal static unsafe class Deflate
{
    public const int DefaultLevel = 6;

    /// <summary>More than any header and trailer together.</summary>
    private const int Overhead = 1024;

    /// <summary>The most bytes that so much data take: nine bits a byte where the fixed code meets data that it does not suit, and the frame.</summary>
    public static long MaxEncodedLength(long length) => length + (length / 8) + Overhead;

    /// <summary>Decompresses all of <paramref name="source"/>; false where it is broken or more than fits <paramref name="destination"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<byte> destination, DeflateFormat format, out int written)
    {
        written = 0;
        fixed (byte* pointer = &MemoryMarshal.GetReference(source))
        {
            using var input = new UnmanagedMemoryStream(pointer, source.Length);
            using Stream inflater = format == DeflateFormat.Gzip
                ? new GZipStream(input, CompressionMode.Decompress)
                : new ZLibStream(input, CompressionMode.Decompress);
            try
            {
                written = inflater.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);

                // The checksum is compared only where the end is read, which also shows whether there is more than expected.
                Span<byte> more = stackalloc byte[1];
                return inflater.Read(more) == 0;
            }
            catch (InvalidDataException)
            {
                return false;
            }
        }
    }

    /// <summary>Compresses into <paramref name="destination"/>, which has room for <see cref="MaxEncodedLength"/>, and returns the length.</summary>
    /// <param name="source">What to compress.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="format">What to put around it.</param>
    /// <param name="level">0 to 9, or -1 for the default.</param>
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> destination, DeflateFormat format, int level)
    {
        // The runtime's zlib has at level 1 a mode of its own, which lets noise grow by a twentieth; its level 2 does what zlib does at 1.
        var options = new ZLibCompressionOptions { CompressionLevel = level switch { < 0 => DefaultLevel, 1 => 2, _ => level } };
        fixed (byte* pointer = &MemoryMarshal.GetReference(destination))
        {
            using var output = new UnmanagedMemoryStream(pointer, 0, destination.Length, FileAccess.Write);
            using (Stream deflater = format == DeflateFormat.Gzip
                ? new GZipStream(output, options, leaveOpen: true)
                : new ZLibStream(output, options, leaveOpen: true))
            {
                deflater.Write(source);
            }

            return (int)output.Position;
        }
    }
}
