using K4os.Compression.LZ4;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.KvStore.Zstandard;
using Snappier;
using ZstdSharp;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>The compressor of one frame's streams, with the state that its streams share. Used by one thread, disposed at the end of the frame.</summary>
internal sealed class BloscBlockCompressor(BloscCompressor compressor, int level = 5) : IDisposable
{
    private Compressor? _zstdCompressor;

    /// <summary>The name that the option <c>cname</c> has for it.</summary>
    public string Name => BloscOptions.CompressorNames[(int)compressor];

    /// <summary>Decompresses a stream that holds exactly <paramref name="destination"/>; false where it does not.</summary>
    public bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination) => compressor switch
    {
        BloscCompressor.BloscLz => BloscLz.TryDecode(source, destination),
        BloscCompressor.Lz4 or BloscCompressor.Lz4Hc => LZ4Codec.Decode(source, destination) == destination.Length,
        BloscCompressor.Snappy => TryDecompressSnappy(source, destination),
        BloscCompressor.Zlib => Deflate.TryDecode(source, destination, DeflateFormat.Zlib, out int written) && written == destination.Length,
        _ => TryDecompressZstd(source, destination),
    };

    /// <summary>Compresses into <paramref name="destination"/> and returns the length; 0 where it does not fit.</summary>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination) => compressor switch
    {
        BloscCompressor.BloscLz => BloscLz.Encode(source, destination, level),
        BloscCompressor.Lz4 => Math.Max(0, LZ4Codec.Encode(source, destination)),
        BloscCompressor.Lz4Hc => Math.Max(0, LZ4Codec.Encode(source, destination, (LZ4Level)Math.Max(level, (int)LZ4Level.L03_HC))),
        BloscCompressor.Snappy => CompressSnappy(source, destination),
        BloscCompressor.Zlib => CompressZlib(source, destination),
        _ => CompressZstd(source, destination),
    };

    public void Dispose()
    {
        _zstdCompressor?.Dispose();
    }

    private static bool TryDecompressSnappy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        try
        {
            return Snappy.GetUncompressedLength(source) == destination.Length && Snappy.Decompress(source, destination) == destination.Length;
        }
        catch (Exception broken) when (broken is InvalidDataException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Snappy wants room for its worst case, which a stream that must not grow does not have.</summary>
    private static int CompressSnappy(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        using var worst = new PooledBuffer(Snappy.GetMaxCompressedLength(source.Length));
        int written = Snappy.Compress(source, worst.Span);
        return worst.Span[..written].TryCopyTo(destination) ? written : 0;
    }

    private int CompressZlib(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        using var worst = new PooledBuffer(checked((int)Deflate.MaxEncodedLength(source.Length)));
        int written = Deflate.Encode(source, worst.Span, DeflateFormat.Zlib, level);
        return worst.Span[..written].TryCopyTo(destination) ? written : 0;
    }

    private static bool TryDecompressZstd(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        try
        {
            return ZstdDecoder.Decode(source, destination) == destination.Length;
        }
        catch (CorruptDataException)
        {
            return false;
        }
    }

    private int CompressZstd(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        _zstdCompressor ??= new Compressor(ZstdLevel(level));
        return _zstdCompressor.TryWrap(source, destination, out int written) ? written : 0;
    }

    /// <summary>The nine levels of blosc spread over the 22 of zstd.</summary>
    private static int ZstdLevel(int level) => level switch
    {
        9 => Compressor.MaxCompressionLevel,
        8 => Compressor.MaxCompressionLevel - 2,
        _ => (2 * level) - 1,
    };
}
