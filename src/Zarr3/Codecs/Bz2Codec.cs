using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ICSharpCode.SharpZipLib.BZip2;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>bzip2. TensorStore and numcodecs: <c>{"id": "bz2", "level": 1}</c>.</summary>
internal sealed unsafe class Bz2Codec(string name, int level) : SpanCodec
{
    // The streams of SharpZipLib work on arrays, which the runtime rents and copies for each read.
    private const int Window = 64 << 10;

    /// <summary>More than 900000 bytes, the most of a block, from less than the fewest bytes that a block takes.</summary>
    private const long MaxExpansion = 1 << 16;

    public override string Name => name;

    public override CodecSpec ToSpec(ZarrFormat format) => new(name, new JsonObject { ["level"] = level });

    public override long MaxEncodedLength(long decodedLength) => decodedLength + (decodedLength / 50) + 1024;

    public override long MaxDecodedLength(long encodedLength) => encodedLength > long.MaxValue / MaxExpansion ? long.MaxValue : encodedLength * MaxExpansion;

    protected override int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        fixed (byte* pointer = &MemoryMarshal.GetReference(encoded))
        {
            using UnmanagedMemoryStream input = new(pointer, encoded.Length);
            int written = 0;
            try
            {
                // Streams may lie one behind the other.
                do
                {
                    using BZip2InputStream stream = new(input) { IsStreamOwner = false };
                    int read;
                    do
                    {
                        read = stream.Read(decoded.Slice(written, Math.Min(Window, decoded.Length - written)));
                        written += read;
                    }
                    while (read > 0);
                    if (stream.ReadByte() >= 0)
                    {
                        return int.MaxValue;
                    }
                }
                while (input.Position < input.Length);
                return written;
            }
            catch (Exception broken) when (broken is BZip2Exception or EndOfStreamException or IndexOutOfRangeException or ArgumentException or NullReferenceException)
            {
                ThrowCorrupt($"the compressed bytes are damaged or cut off: {broken.Message}", broken);
                return 0;
            }
        }
    }

    protected override int Encode(ReadOnlySpan<byte> decoded, Span<byte> encoded)
    {
        fixed (byte* pointer = &MemoryMarshal.GetReference(encoded))
        {
            using UnmanagedMemoryStream output = new(pointer, 0, encoded.Length, FileAccess.Write);
            using (BZip2OutputStream stream = new(output, level) { IsStreamOwner = false })
            {
                stream.Write(decoded);
            }

            return (int)output.Position;
        }
    }
}
