using System.Buffers.Binary;
using System.IO.Hashing;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.KvStore.Zstandard;
using ZstdSharp.Unsafe;
using Zstd = ZstdSharp.Unsafe.Methods;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Encodes a chunk as one Zstandard frame, piece by piece. The first piece decides whether matches are looked for in all of it.</summary>
/// <param name="codec">The codec.</param>
/// <param name="level">Its level.</param>
/// <param name="checksum">Whether a checksum goes behind the content.</param>
/// <param name="length">Bytes of the whole chunk.</param>
internal sealed unsafe class ZstdStreamEncoder(ZstdCodec codec, int level, bool checksum, long length) : StreamEncoder
{
    private const int Slack = 1 << 10;

    private readonly XxHash64 _hash = new();
    private ScratchBuffer? _rest;
    private ScratchBuffer? _output;
    private long _restLength;
    private long _taken;
    private bool? _isLiteralsAlone;
    private ZSTD_CCtx_s* _context;

    /// <inheritdoc/>
    public override LongMemory Write(ReadOnlyLongSpan decoded, bool isEnd, int degreeOfParallelism)
    {
        _taken += decoded.Length;
        if (_taken > length || (isEnd && _taken != length))
        {
            throw new InvalidOperationException($"A chunk of {length} bytes came with {_taken}.");
        }

        for (long done = 0; checksum && done < decoded.Length;)
        {
            ReadOnlySpan<byte> window = decoded.NextWindow(done);
            _hash.Append(window);
            done += window.Length;
        }

        bool isFirst = _isLiteralsAlone is null;
        if (isFirst && (_restLength > 0 || (decoded.Length < ZstdLiteralsEncoder.PartLength && !isEnd)))
        {
            // Enough to tell by is gathered first.
            decoded = decoded.Slice(Gather(decoded));
            if (_restLength < ZstdLiteralsEncoder.PartLength && !isEnd)
            {
                return default;
            }
        }

        _isLiteralsAlone ??= codec.IsLiteralsAlone(_restLength > 0 ? _rest!.Span.Slice(0, _restLength) : decoded);
        Reserve(decoded.Length);
        return _isLiteralsAlone.Value ? WriteLiterals(decoded, isFirst, isEnd, degreeOfParallelism) : Compress(decoded, isFirst, isEnd);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _rest?.Dispose();
        _output?.Dispose();
        if (_context is not null)
        {
            Zstd.ZSTD_freeCCtx(_context);
            _context = null;
        }
    }

    /// <summary>Puts bytes behind those that are left from before, until they make a part.</summary>
    /// <returns>Number of bytes that were taken.</returns>
    private long Gather(ReadOnlyLongSpan decoded)
    {
        _rest ??= ScratchBuffer.Rent(ZstdLiteralsEncoder.PartLength);
        long more = Math.Min(decoded.Length, ZstdLiteralsEncoder.PartLength - _restLength);
        decoded.Slice(0, more).CopyTo(_rest.Span.Slice(_restLength, more));
        _restLength += more;
        return more;
    }

    private void Reserve(long count)
    {
        // A compressor may hold back a few blocks, and give them all at once.
        long most = codec.MaxEncodedLength(count + ZstdLiteralsEncoder.PartLength) + ZstdLiteralsEncoder.MaxLength(ZstdLiteralsEncoder.PartLength) + Slack;
        if (_output is null || _output.Length < most)
        {
            _output?.Dispose();
            _output = ScratchBuffer.Rent(most);
        }
    }

    private LongMemory WriteLiterals(ReadOnlyLongSpan decoded, bool isFirst, bool isEnd, int degreeOfParallelism)
    {
        long used = isFirst ? ZstdLiteralsEncoder.EncodeHeader(length, checksum, _output!.Span.Window(0, ZstdFrameHeader.MaxLength)) : 0;
        if (_restLength > 0)
        {
            // What was left of the piece before is filled up to a part.
            decoded = decoded.Slice(Gather(decoded));
            bool isLast = isEnd && decoded.IsEmpty;
            if (_restLength == ZstdLiteralsEncoder.PartLength || isLast)
            {
                used += ZstdLiteralsEncoder.EncodeParts(_rest!.Span.Slice(0, _restLength), isLast, _output!.Span.Slice(used), 1);
                _restLength = 0;
            }

            if (decoded.IsEmpty)
            {
                return Finish(used, isEnd && checksum);
            }
        }

        long whole = isEnd ? decoded.Length : decoded.Length / ZstdLiteralsEncoder.PartLength * ZstdLiteralsEncoder.PartLength;
        if (whole > 0 || isEnd)
        {
            used += ZstdLiteralsEncoder.EncodeParts(decoded.Slice(0, whole), isEnd, _output!.Span.Slice(used), degreeOfParallelism);
        }

        if (whole < decoded.Length)
        {
            Gather(decoded.Slice(whole));
        }

        return Finish(used, isEnd && checksum);
    }

    private LongMemory Finish(long used, bool writesChecksum)
    {
        if (writesChecksum)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_output!.Span.Window(used, sizeof(uint)), (uint)_hash.GetCurrentHashAsUInt64());
            used += sizeof(uint);
        }

        return _output!.Memory.Slice(0, used);
    }

    private LongMemory Compress(ReadOnlyLongSpan decoded, bool isFirst, bool isEnd)
    {
        if (isFirst)
        {
            _context = Zstd.ZSTD_createCCtx();
            Zstd.ZSTD_CCtx_setParameter(_context, ZSTD_cParameter.ZSTD_c_compressionLevel, level);
            Zstd.ZSTD_CCtx_setParameter(_context, ZSTD_cParameter.ZSTD_c_checksumFlag, checksum ? 1 : 0);
            Zstd.ZSTD_CCtx_setPledgedSrcSize(_context, (ulong)length);
        }

        long used = 0;
        if (_restLength > 0)
        {
            used = Compress(_rest!.Span.Slice(0, _restLength), _output!.Span, isEnd && decoded.IsEmpty);
            _restLength = 0;
            if (decoded.IsEmpty)
            {
                return _output.Memory.Slice(0, used);
            }
        }

        used += Compress(decoded, _output!.Span.Slice(used), isEnd);
        return _output.Memory.Slice(0, used);
    }

    private long Compress(ReadOnlyLongSpan decoded, LongSpan encoded, bool isEnd)
    {
        fixed (byte* source = &decoded.First, destination = &encoded.First)
        {
            ZSTD_inBuffer_s input = new() { src = source, size = (nuint)decoded.Length };
            ZSTD_outBuffer_s output = new() { dst = destination, size = (nuint)encoded.Length };
            nuint left;
            do
            {
                left = Zstd.ZSTD_compressStream2(_context, &output, &input, isEnd ? ZSTD_EndDirective.ZSTD_e_end : ZSTD_EndDirective.ZSTD_e_continue);
                if (Zstd.ZSTD_isError(left))
                {
                    throw new InvalidOperationException($"Zstandard could not compress {length} bytes: {Zstd.ZSTD_getErrorName(left)}");
                }
            }
            while (input.pos < input.size || (isEnd && left > 0));
            return (long)output.pos;
        }
    }
}
