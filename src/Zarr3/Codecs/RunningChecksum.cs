using System.IO.Hashing;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>A checksum of bytes that come piece by piece; only the last piece may have an odd number of bytes.</summary>
internal sealed class RunningChecksum(Checksum checksum)
{
    private readonly Crc32 _crc32 = new();
    private readonly Adler32 _adler = new();
    private uint _crc32C;
    private Fletcher32 _fletcher;

    /// <summary>The checksum of all bytes so far.</summary>
    public uint Value => checksum switch
    {
        Checksum.Crc32C => _crc32C,
        Checksum.Crc32 => _crc32.GetCurrentHashAsUInt32(),
        Checksum.Adler32 => _adler.GetCurrentHashAsUInt32(),
        _ => _fletcher.Value,
    };

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlyLongSpan bytes)
    {
        for (long offset = 0; offset < bytes.Length; offset += ReadOnlyLongSpan.DefaultWindow)
        {
            ReadOnlySpan<byte> window = bytes.NextWindow(offset);
            switch (checksum)
            {
                case Checksum.Crc32C:
                    _crc32C = Crc32C.Compute(window, _crc32C);
                    break;
                case Checksum.Crc32:
                    _crc32.Append(window);
                    break;
                case Checksum.Adler32:
                    _adler.Append(window);
                    break;
                default:
                    _fletcher.Append(window);
                    break;
            }
        }
    }
}
