using System.Text.Json.Nodes;
using OcdbtSharp.KvStore.Buffers;
using ZstdSharp.Unsafe;
using Zstd = ZstdSharp.Unsafe.Methods;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// Zstandard. Version 3: <c>{"name": "zstd", "configuration": {"level": 3, "checksum": false}}</c>; version 2: <c>{"id": "zstd", "level": 1}</c>.
/// </summary>
internal sealed unsafe class ZstdCodec(string name, int level, bool checksum) : BytesToBytesCodec
{
    /// <summary>A block of 4 bytes can repeat one byte 2^17 times.</summary>
    private const long MaxExpansion = 1 << 15;

    // A context owns memory and serves one caller at a time, so each thread has its own.
    [ThreadStatic]
    private static DecompressionContext? t_decompression;

    [ThreadStatic]
    private static CompressionContext? t_compression;

    public override string Name => name;

    public override CodecSpec ToSpec(ZarrFormat format) => new(name, format == ZarrFormat.V2 && !checksum
        ? new JsonObject { ["level"] = level }
        : new JsonObject { ["checksum"] = checksum, ["level"] = level });

    public override long MaxEncodedLength(long decodedLength) => (long)Zstd.ZSTD_compressBound((nuint)decodedLength);

    public override long MaxDecodedLength(long encodedLength) => encodedLength > long.MaxValue / MaxExpansion ? long.MaxValue : encodedLength * MaxExpansion;

    public override void Decode(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        nuint length = Decompress(encoded, decoded);
        if (Zstd.ZSTD_isError(length))
        {
            ThrowCorrupt($"the frame is damaged or holds more than the {decoded.Length} bytes that were expected: {Zstd.ZSTD_getErrorName(length)}");
        }

        if ((long)length != decoded.Length)
        {
            ThrowCorrupt($"{length} bytes where {decoded.Length} were expected");
        }
    }

    public override ScratchBuffer Decode(ReadOnlyLongSpan encoded, long limit, out long length)
    {
        ulong bound;
        fixed (byte* source = &encoded.First)
        {
            bound = Zstd.ZSTD_decompressBound(source, (nuint)encoded.Length);
        }

        // Both errors of the function are the two greatest numbers; without a content size the bound is that of whole blocks.
        if (bound >= ulong.MaxValue - 1)
        {
            ThrowCorrupt("the frame is damaged");
        }

        ScratchBuffer buffer = ScratchBuffer.Rent((long)Math.Min(bound, (ulong)limit));
        nuint written = Decompress(encoded, buffer.Span);
        if (Zstd.ZSTD_isError(written))
        {
            buffer.Dispose();
            ThrowCorrupt($"the frame is damaged or holds more than {limit} bytes, the most that the chunk can have here: {Zstd.ZSTD_getErrorName(written)}");
        }

        length = (long)written;
        return buffer;
    }

    public override long Encode(ReadOnlyLongSpan decoded, LongSpan encoded)
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

    private static nuint Decompress(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        ZSTD_DCtx_s* context = (t_decompression ??= new DecompressionContext()).Pointer;
        fixed (byte* source = &encoded.First, destination = &decoded.First)
        {
            return Zstd.ZSTD_decompressDCtx(context, destination, (nuint)decoded.Length, source, (nuint)encoded.Length);
        }
    }

    private sealed class DecompressionContext
    {
        public ZSTD_DCtx_s* Pointer { get; } = Zstd.ZSTD_createDCtx();

        ~DecompressionContext() => Zstd.ZSTD_freeDCtx(Pointer);
    }

    private sealed class CompressionContext
    {
        public ZSTD_CCtx_s* Pointer { get; } = Zstd.ZSTD_createCCtx();

        ~CompressionContext() => Zstd.ZSTD_freeCCtx(Pointer);
    }
}
