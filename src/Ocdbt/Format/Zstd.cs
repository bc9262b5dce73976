using System.Buffers;
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
        // Frames that tell their length are decoded right into an array of that length, which is kept.
        byte[] inflated = GC.AllocateUninitializedArray<byte>(MaxContentLength(source, limit));
        int written = (int)ZstdDecoder.Decode(source, inflated);
        return written == inflated.Length ? inflated : inflated.AsSpan(0, written).ToArray();
    }

    /// <summary>Walks over one frame that fills <paramref name="source"/>, and returns the most bytes that it can have when inflated.</summary>
    /// <exception cref="CorruptDataException">Not one whole frame, or possibly longer than <paramref name="limit"/> when inflated.</exception>
    public static int MaxContentLength(ReadOnlySpan<byte> source, int limit)
    {
        ZstdFrames frames = ZstdFrames.Measure(source);
        if (frames.Count != 1)
        {
            throw new CorruptDataException($"compressed body has {frames.Count} Zstandard frames instead of one");
        }

        return frames.MaxContentLength <= (ulong)limit
            ? (int)frames.MaxContentLength
            : throw new CorruptDataException($"Zstandard frame of up to {frames.MaxContentLength} bytes, which is more than the limit of {limit}");
    }

    /// <summary>The longest that a body can become.</summary>
    public static int MaxLength(int length) => Compressor.GetCompressBound(length);

    /// <summary>Appends <paramref name="source"/> to <paramref name="destination"/> as one frame.</summary>
    public static void Compress(ReadOnlySpan<byte> source, int level, ByteWriter destination)
    {
        Compressor compressor = CompressorOf(level);
        Span<byte> target = destination.GetSpan(Compressor.GetCompressBound(source.Length));
        destination.Advance(compressor.Wrap(source, target));
    }

    /// <summary>The compressor of this thread.</summary>
    internal static Compressor CompressorOf(int level)
    {
        Compressor compressor = t_compressor ??= new Compressor();
        compressor.Level = level == 0 ? DefaultLevel : level;
        return compressor;
    }
}

/// <summary>Makes one frame of content that comes piece by piece, all of it on the thread that began; nothing else is compressed there meanwhile.</summary>
internal readonly struct ZstdStream
{
    private readonly Compressor _compressor;

    /// <param name="level">As in the format; 0 for the default.</param>
    public ZstdStream(int level)
    {
        _compressor = Zstd.CompressorOf(level);
        _compressor.ResetStream();
    }

    /// <summary>Compresses a piece into what room there is.</summary>
    /// <param name="source">The piece; what was used is taken off.</param>
    /// <param name="room">Where it goes.</param>
    /// <param name="written">How much went there.</param>
    /// <param name="isLast">Whether the frame ends with this piece.</param>
    /// <returns>False where there was not enough room: call again with the rest.</returns>
    public bool Compress(ref ReadOnlySpan<byte> source, Span<byte> room, out int written, bool isLast)
    {
        OperationStatus status = _compressor.WrapStream(source, room, out int used, out written, isLast);
        source = source[used..];
        return isLast ? status == OperationStatus.Done : source.IsEmpty;
    }
}
