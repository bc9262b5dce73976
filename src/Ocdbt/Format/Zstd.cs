using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.KvStore.Zstandard;
using ZstdSharp;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>The one compression of the format: a single Zstandard frame.</summary>
internal static class Zstd
{
    // What 0 stands for. Keys and metadata of arrays repeat so closely that level 3 gives longer frames, and takes three times as long.
    private const int DefaultLevel = 1;

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

        // Frames that tell their length are decoded right into an array of that length, which is kept.
        byte[] inflated = GC.AllocateUninitializedArray<byte>((int)frames.MaxContentLength);
        int written = (int)ZstdDecoder.Decode(source, inflated);
        return written == inflated.Length ? inflated : inflated.AsSpan(0, written).ToArray();
    }

    /// <summary>The longest that a body can become.</summary>
    public static int MaxLength(int length) => Compressor.GetCompressBound(length);

    /// <summary>Appends <paramref name="source"/> to <paramref name="destination"/> as one frame.</summary>
    public static void Compress(ReadOnlySpan<byte> source, int level, ByteWriter destination)
    {
        Compressor compressor = t_compressor ??= new Compressor();
        compressor.Level = level == 0 ? DefaultLevel : level;
        Span<byte> target = destination.GetSpan(Compressor.GetCompressBound(source.Length));
        destination.Advance(compressor.Wrap(source, target));
    }
}
