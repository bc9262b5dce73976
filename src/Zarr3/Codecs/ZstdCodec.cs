using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.KvStore.Zstandard;
using ZstdSharp.Unsafe;
using Zstd = ZstdSharp.Unsafe.Methods;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// Zstandard. Version 3: <c>{"name": "zstd", "configuration": {"level": 3, "checksum": false}}</c>; version 2: <c>{"id": "zstd", "level": 1}</c>.
/// </summary>
internal sealed unsafe class ZstdCodec(string name, int level, bool checksum) : BytesToBytesCodec, IStreamingCodec
{
    /// <summary>A block of 4 bytes can repeat one byte 2^17 times.</summary>
    private const long MaxExpansion = 1 << 15;

    // Shorter data is not worth the look whether it has matches.
    private const int MinProbed = 256 << 10;

    private const int Samples = 3;
    private const int MaxSampleLength = 32 << 10;

    // A sample is at most one part in so many.
    private const int SampledShare = 64;

    // Samples that matches make shorter than this share of their literals are worth them.
    private const double MinShareOfMatches = 0.995;

    // A context owns memory and serves one caller at a time, so each thread has its own.
    [ThreadStatic]
    private static CompressionContext? t_compression;

    public override string Name => name;

    public StreamDecoder OpenDecoder() => new ZstdStreamDecoder(name);

    public StreamEncoder OpenEncoder(long length) => new ZstdStreamEncoder(this, level, checksum, length);

    public override CodecSpec ToSpec(ZarrFormat format) => new(name, format == ZarrFormat.V2 && !checksum
        ? new JsonObject { ["level"] = level }
        : new JsonObject { ["checksum"] = checksum, ["level"] = level });

    public override long MaxEncodedLength(long decodedLength) => (long)Zstd.ZSTD_compressBound((nuint)decodedLength);

    public override long MaxDecodedLength(long encodedLength) => encodedLength > long.MaxValue / MaxExpansion ? long.MaxValue : encodedLength * MaxExpansion;

    public override void Decode(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        long length = Decompress(encoded, decoded);
        if (length != decoded.Length)
        {
            ThrowCorrupt($"{length} bytes where {decoded.Length} were expected");
        }
    }

    public override ScratchBuffer Decode(ReadOnlyLongSpan encoded, long limit, out long length)
    {
        // Without a content size the bound is that of whole blocks, so it may be greater than the limit.
        ScratchBuffer buffer = ScratchBuffer.Rent((long)Math.Min(Measure(encoded), (ulong)limit));
        bool done = false;
        try
        {
            length = Decompress(encoded, buffer.Span);
            done = true;
            return buffer;
        }
        finally
        {
            if (!done)
            {
                buffer.Dispose();
            }
        }
    }

    /// <summary>Decodes what is whole in a piece of a chunk.</summary>
    /// <param name="decoder">The decoder of the chunk.</param>
    /// <param name="piece">The bytes from the first that has not been used; at least <see cref="ZstdDecoder.MinSource"/> unless they are the last.</param>
    /// <param name="decoded">Room for exactly the whole chunk.</param>
    /// <param name="isEnd">Whether the chunk ends with the piece.</param>
    /// <returns>Number of bytes that were used.</returns>
    /// <exception cref="CorruptDataException">The bytes are damaged or stand for more or fewer.</exception>
    public long Decode(ZstdDecoder decoder, ReadOnlyLongSpan piece, LongSpan decoded, bool isEnd)
    {
        long used = 0;
        try
        {
            used = decoder.Read(piece, decoded);
        }
        catch (CorruptDataException exception)
        {
            ThrowCorrupt(exception.Message, exception);
        }

        if (isEnd && (used < piece.Length || !decoder.IsAtEnd))
        {
            ThrowCorrupt("the frame is cut off");
        }

        if (isEnd && decoder.Written != decoded.Length)
        {
            ThrowCorrupt($"{decoder.Written} bytes where {decoded.Length} were expected");
        }

        return used;
    }

    public override long Encode(ReadOnlyLongSpan decoded, LongSpan encoded) => Encode(decoded, encoded, 1);

    public override long Encode(ReadOnlyLongSpan decoded, LongSpan encoded, int degreeOfParallelism) => IsLiteralsAlone(decoded)
        ? ZstdLiteralsEncoder.Encode(decoded, encoded, checksum, degreeOfParallelism)
        : Compress(decoded, encoded);

    /// <summary>
    /// Whether no encoder finds matches worth while, which is so for trained weights: few sequences occur again anywhere, and samples get no shorter by
    /// the matches that there are.
    /// </summary>
    public bool IsLiteralsAlone(ReadOnlyLongSpan decoded)
    {
        if (level < 0 || decoded.Length < MinProbed || RepeatProbe.Repeats(decoded))
        {
            return false;
        }

        int length = (int)Math.Min(MaxSampleLength, decoded.Length / SampledShare);
        using ScratchBuffer encoded = ScratchBuffer.Rent(MaxEncodedLength(length));
        for (int i = 0; i < Samples; i++)
        {
            ReadOnlySpan<byte> sample = decoded.Window((decoded.Length - length) / (Samples - 1) * i, length);
            if (Compress(sample, encoded.Span) < ZstdLiteralsEncoder.Estimate(sample) * MinShareOfMatches)
            {
                return false;
            }
        }

        return true;
    }

    private long Compress(ReadOnlyLongSpan decoded, LongSpan encoded)
    {
        ZSTD_CCtx_s* context = (t_compression ??= new CompressionContext()).Pointer;
        Zstd.ZSTD_CCtx_setParameter(context, ZSTD_cParameter.ZSTD_c_compressionLevel, level);
        Zstd.ZSTD_CCtx_setParameter(context, ZSTD_cParameter.ZSTD_c_checksumFlag, checksum ? 1 : 0);
        fixed (byte* source = &decoded.First, destination = &encoded.First)
        {
            nuint length = Zstd.ZSTD_compress2(context, destination, (nuint)encoded.Length, source, (nuint)decoded.Length);
            return Zstd.ZSTD_isError(length)
                ? throw new InvalidOperationException($"Zstandard could not compress {decoded.Length} bytes: {Zstd.ZSTD_getErrorName(length)}")
                : (long)length;
        }
    }

    private long Decompress(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        try
        {
            return ZstdDecoder.Decode(encoded, decoded);
        }
        catch (CorruptDataException exception)
        {
            ThrowCorrupt(exception.Message, exception);
            return 0;
        }
    }

    private ulong Measure(ReadOnlyLongSpan encoded)
    {
        try
        {
            return ZstdFrames.Measure(encoded).MaxContentLength;
        }
        catch (CorruptDataException exception)
        {
            ThrowCorrupt(exception.Message, exception);
            return 0;
        }
    }

    private sealed class CompressionContext
    {
        public ZSTD_CCtx_s* Pointer { get; } = Zstd.ZSTD_createCCtx();

        ~CompressionContext() => Zstd.ZSTD_freeCCtx(Pointer);
    }
}
