using System.Buffers;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.KvStore.Zstandard;
using ZstdSharp;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>The one compression of the format: a single Zstandard frame.</summary>
internal static class Zstd
{
    // A context owns memory and serves one caller at a time, so each thread has its own.
    [ThreadStatic]
    private static Compressor? t_compressor;

    /// <summary>Smallest level that can be asked for.</summary>
    public static int MinLevel => Compressor.MinCompressionLevel;

    /// <summary>Largest level that can be asked for.</summary>
    public static int MaxLevel => Compressor.MaxCompressionLevel;

    /// <summary>Inflates one frame that fills <paramref name="source"/>.</summary>
    /// <exception cref="CorruptDataException">Not one whole frame, or longer than <paramref name="limit"/> when inflated.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> source, int limit)
    {
        ZstdFrames frames = ZstdFrames.Measure(source);
        if (frames.Count != 1)
        {
            throw new CorruptDataException($"compressed body has {frames.Count} Zstandard frames instead of one");
        }

        if (frames.MaxContentLength > (ulong)limit)
        {
            throw new CorruptDataException($"Zstandard frame of up to {frames.MaxContentLength} bytes, which is more than the limit of {limit}");
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent((int)frames.MaxContentLength);
        try
        {
            long written = ZstdDecoder.Decode(source, rented.AsSpan(0, (int)frames.MaxContentLength));
            return rented.AsSpan(0, (int)written).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Appends <paramref name="source"/> to <paramref name="destination"/> as one frame.</summary>
    public static void Compress(ReadOnlySpan<byte> source, int level, ByteWriter destination)
    {
        Compressor compressor = t_compressor ??= new Compressor(level);
        compressor.Level = level;
        Span<byte> target = destination.GetSpan(Compressor.GetCompressBound(source.Length));
        destination.Advance(compressor.Wrap(source, target));
    }
}
