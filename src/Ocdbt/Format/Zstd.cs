using System.Buffers;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using ZstdSharp;
using ZstdMethods = ZstdSharp.Unsafe.Methods;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>The one compression of the format: a single Zstandard frame.</summary>
internal static class Zstd
{
    private const ulong ContentSizeError = ulong.MaxValue - 1;

    // Contexts own memory and serve one caller at a time, so each thread has its own.
    [ThreadStatic]
    private static Decompressor? t_decompressor;

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
        ulong bound = Bound(source);
        if (bound > (ulong)limit)
        {
            throw new CorruptDataException($"Zstandard frame of up to {bound} bytes, which is more than the limit of {limit}");
        }

        Decompressor decompressor = t_decompressor ??= new Decompressor();
        byte[] rented = ArrayPool<byte>.Shared.Rent((int)bound);
        try
        {
            if (!decompressor.TryUnwrap(source, rented.AsSpan(0, (int)bound), out int written))
            {
                throw new CorruptDataException("Zstandard frame is cut off or damaged");
            }

            return rented.AsSpan(0, written).ToArray();
        }
        catch (ZstdException exception)
        {
            throw new CorruptDataException($"Zstandard frame is damaged: {exception.Message}", innerException: exception);
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

    /// <summary>Most bytes to which the frame can inflate, from its header or from the number of its blocks.</summary>
    private static unsafe ulong Bound(ReadOnlySpan<byte> source)
    {
        fixed (byte* pointer = source)
        {
            nuint length = source.IsEmpty ? 0 : ZstdMethods.ZSTD_findFrameCompressedSize(pointer, (nuint)source.Length);
            if (source.IsEmpty || ZstdMethods.ZSTD_isError(length) || length != (nuint)source.Length)
            {
                throw new CorruptDataException("Compressed body is not one whole Zstandard frame");
            }

            ulong bound = ZstdMethods.ZSTD_decompressBound(pointer, length);
            return bound < ContentSizeError ? bound : throw new CorruptDataException("Compressed body has a damaged Zstandard header");
        }
    }
}
