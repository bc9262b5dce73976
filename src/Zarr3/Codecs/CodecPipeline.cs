using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Reading;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// The codecs of a chunk in the order of encoding: any number from elements to elements, one from elements to bytes, any number from bytes to
/// bytes. The order is checked when the pipeline is made. Transposes that come first cost nothing of their own: they only change the strides of
/// the memory that elements go to.
/// </summary>
internal sealed partial class CodecPipeline
{
    private readonly int[]? _order;
    private readonly ArrayToArrayCodec[] _arrayCodecs;
    private readonly ChunkSpec[] _arraySpecs;
    private readonly BytesToBytesCodec[] _bytesCodecs;
    private readonly BytesCodec? _bytes;

    // Length before each codec from bytes to bytes, and behind the last; null where it depends on the elements.
    private readonly long?[] _lengths;
    private readonly long[] _maxLengths;

    /// <param name="spec">What a decoded chunk is like.</param>
    /// <param name="codecs">The codecs in the order of encoding, each made for what the one before it gives.</param>
    /// <exception cref="UnsupportedFormatException">The codecs are not of the right kinds in the right order.</exception>
    public CodecPipeline(ChunkSpec spec, IReadOnlyList<Codec> codecs)
    {
        Spec = spec;
        Codecs = codecs;
        CheckOrder(codecs);
        ArrayToArrayCodec[] arrayCodecs = [.. codecs.OfType<ArrayToArrayCodec>()];
        int leading = arrayCodecs.TakeWhile(codec => codec is TransposeCodec).Count();
        ChunkSpec current = spec;
        foreach (TransposeCodec transpose in arrayCodecs[..leading].Cast<TransposeCodec>())
        {
            _order = _order is null ? transpose.Order : [.. transpose.Order.Select(axis => _order[axis])];
            current = transpose.Resolve(current);
        }

        _arrayCodecs = arrayCodecs[leading..];
        _arraySpecs = new ChunkSpec[_arrayCodecs.Length + 1];
        _arraySpecs[0] = current;
        for (int i = 0; i < _arrayCodecs.Length; i++)
        {
            _arraySpecs[i + 1] = _arrayCodecs[i].Resolve(_arraySpecs[i]);
        }

        ArrayToBytesCodec serializer = codecs.OfType<ArrayToBytesCodec>().Single();
        _bytes = serializer as BytesCodec;
        Sharding = serializer as ShardingIndexedCodec;
        _bytesCodecs = [.. codecs.OfType<BytesToBytesCodec>()];
        _lengths = new long?[_bytesCodecs.Length + 1];
        _maxLengths = new long[_bytesCodecs.Length + 1];
        _lengths[0] = serializer.EncodedLength;
        _maxLengths[0] = _lengths[0] ?? MaxShardLength(_arraySpecs[^1], Sharding!);
        for (int i = 0; i < _bytesCodecs.Length; i++)
        {
            _lengths[i + 1] = _lengths[i] is { } length ? _bytesCodecs[i].EncodedLength(length) : null;
            _maxLengths[i + 1] = _lengths[i + 1] ?? _bytesCodecs[i].MaxEncodedLength(_maxLengths[i]);
        }
    }

    /// <summary>What a decoded chunk is like.</summary>
    public ChunkSpec Spec { get; }

    /// <summary>The codecs in the order of encoding.</summary>
    public IReadOnlyList<Codec> Codecs { get; }

    /// <summary>The codec that cuts the chunk into inner chunks, where there is one.</summary>
    public ShardingIndexedCodec? Sharding { get; }

    /// <summary>Bytes of an encoded chunk, where that is the same for all; otherwise null.</summary>
    public long? EncodedLength => _lengths[^1];

    /// <summary>Whether parts of a stored chunk can be read: it is a shard whose bytes nothing else has changed.</summary>
    public bool IsPartial => Sharding is not null && _bytesCodecs.Length == 0 && _arrayCodecs.Length == 0;

    /// <summary>The one codec that changed the elements, as memory holds them, and that can undo it piece by piece; null where there is no such.</summary>
    public ZstdCodec? Stream =>
        _bytes is { Order.IsNative: true } && _arrayCodecs.Length == 0 && _bytesCodecs.Length == 1 ? _bytesCodecs[0] as ZstdCodec : null;

    /// <summary>Whether a stored chunk is nothing but its elements as memory holds them, but for the order of the axes.</summary>
    public bool IsRaw => _bytes is { Order.IsNative: true } && _bytesCodecs.Length == 0 && _arrayCodecs.Length == 0;

    /// <summary>Puts the axes of a box in the order in which they are stored.</summary>
    public ArrayView StoredOrder(in ArrayView view) => _order is null ? view : view.Permute(_order);

    /// <summary>Puts indices in the order in which the axes are stored.</summary>
    public ReadOnlySpan<long> StoredOrder(ReadOnlySpan<long> index) => _order is null ? index : Extents.Permute(index, _order);

    /// <summary>Puts the axes of a selection in the order in which they are stored.</summary>
    public ChunkSelection StoredOrder(ChunkSelection selection) => _order is null ? selection : selection.Permute(_order);

    /// <summary>Puts extents that are in the order in which axes are stored back in that of the chunk.</summary>
    public long[] ArrayOrder(long[] stored)
    {
        if (_order is null)
        {
            return stored;
        }

        long[] extents = new long[stored.Length];
        for (int axis = 0; axis < stored.Length; axis++)
        {
            extents[_order[axis]] = stored[axis];
        }

        return extents;
    }

    /// <summary>The codecs as version 3 writes them.</summary>
    public JsonArray ToJson()
    {
        JsonArray array = [];
        foreach (Codec codec in Codecs)
        {
            array.Add((JsonNode)codec.ToSpec(ZarrFormat.V3).ToJson(ZarrFormat.V3));
        }

        return array;
    }

    /// <summary>Decodes a whole chunk.</summary>
    /// <param name="encoded">The stored bytes.</param>
    /// <param name="destination">Where the elements go; of the chunk's shape.</param>
    public void Decode(ReadOnlyLongSpan encoded, in ArrayView destination) => Decode(encoded, new long[destination.Shape.Length], destination);

    /// <summary>Decodes a box of a chunk.</summary>
    /// <param name="encoded">The stored bytes of the whole chunk.</param>
    /// <param name="origin">First index of the box.</param>
    /// <param name="destination">Where the elements go; of the box's shape.</param>
    /// <exception cref="CorruptDataException">The bytes break the rules of a codec; the message names it.</exception>
    public void Decode(ReadOnlyLongSpan encoded, ReadOnlySpan<long> origin, in ArrayView destination)
    {
        ArrayView view = StoredOrder(destination);
        ReadOnlySpan<long> first = StoredOrder(origin);
        if (_arrayCodecs.Length > 0)
        {
            DecodeElements(encoded, first, view);
        }
        else if (Sharding is not null)
        {
            using ScratchBuffer? scratch = DecodeBytes(encoded, out ReadOnlyLongSpan shard);
            Sharding.Decode(shard, first, view);
        }
        else if (view.IsContiguous && view.Shape.AsSpan().SequenceEqual(_arraySpecs[0].Shape))
        {
            LongSpan elements = view.Contiguous.Span;
            DecodeBytes(encoded, elements);
            _bytes!.Order.Swap(elements);
        }
        else
        {
            DecodeStrided(encoded, first, view);
        }
    }

    /// <summary>Where the elements of a whole chunk lie one behind the other in the order in which they are stored.</summary>
    /// <returns>False where they do not, or where the box is not the whole chunk.</returns>
    public bool TryGetContiguous(in ArrayView destination, out LongMemory elements)
    {
        ArrayView view = StoredOrder(destination);
        bool isWhole = view.IsContiguous && view.Shape.AsSpan().SequenceEqual(_arraySpecs[0].Shape);
        elements = isWhole ? view.Contiguous : default;
        return isWhole;
    }

    /// <summary>Encodes a chunk.</summary>
    /// <param name="chunk">All elements of it.</param>
    /// <param name="storeFillValue">Whether inner chunks of nothing but the fill value are stored.</param>
    /// <param name="degreeOfParallelism">Most threads that a codec may use.</param>
    /// <returns>The stored bytes: the caller's own where nothing changes them.</returns>
    public EncodedChunk Encode(in ArrayView chunk, bool storeFillValue = true, int degreeOfParallelism = 1)
    {
        ArrayView view = StoredOrder(chunk);
        EncodedChunk encoded = _arrayCodecs.Length > 0 ? EncodeElements(view, storeFillValue)
            : Sharding is not null ? Sharding.Encode(view, storeFillValue)
            : Serialize(view);
        foreach (BytesToBytesCodec codec in _bytesCodecs)
        {
            using EncodedChunk before = encoded;
            encoded = Encode(codec, before.Span, degreeOfParallelism);
        }

        return encoded;
    }

    private static EncodedChunk Encode(BytesToBytesCodec codec, ReadOnlyLongSpan bytes, int degreeOfParallelism)
    {
        ScratchBuffer target = ScratchBuffer.Rent(codec.MaxEncodedLength(bytes.Length));
        try
        {
            return new EncodedChunk(target, codec.Encode(bytes, target.Span, degreeOfParallelism));
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    private static void CheckOrder(IReadOnlyList<Codec> codecs)
    {
        static int Stage(Codec codec) => codec switch { ArrayToArrayCodec => 0, ArrayToBytesCodec => 1, _ => 2 };
        int serializers = codecs.Count(codec => codec is ArrayToBytesCodec);
        if (serializers != 1)
        {
            throw new UnsupportedFormatException(
                $"the codecs [{string.Join(", ", codecs.Select(codec => codec.Name))}] have {serializers} that turn elements into bytes; exactly one is needed");
        }

        for (int i = 1; i < codecs.Count; i++)
        {
            if (Stage(codecs[i]) < Stage(codecs[i - 1]))
            {
                throw new UnsupportedFormatException($"codec {codecs[i].Name} cannot come behind {codecs[i - 1].Name}");
            }
        }
    }

    private static long MaxShardLength(ChunkSpec spec, ShardingIndexedCodec sharding)
    {
        Int128 inner = sharding.Inner._maxLengths[^1];
        Int128 length = (spec.Count / Math.Max(1, sharding.Inner.Spec.Count)) * inner + sharding.IndexLength;
        return length > long.MaxValue ? long.MaxValue : (long)length;
    }

    /// <summary>Decodes bytes of a known length to where they belong.</summary>
    private void DecodeBytes(ReadOnlyLongSpan encoded, LongSpan destination)
    {
        CheckReach(encoded.Length, destination.Length);
        ScratchBuffer? scratch = null;
        try
        {
            ReadOnlyLongSpan source = encoded;
            for (int i = _bytesCodecs.Length - 1; i >= 0; i--)
            {
                if (i == 0 && _bytesCodecs[0] is not ChecksumCodec)
                {
                    _bytesCodecs[0].Decode(source, destination);
                    return;
                }

                source = DecodeBytes(i, source, ref scratch);
            }

            if (source.Length != destination.Length)
            {
                throw new CorruptDataException($"the chunk has {source.Length} bytes instead of {destination.Length}");
            }

            source.CopyTo(destination);
        }
        finally
        {
            scratch?.Dispose();
        }
    }

    /// <summary>Decodes bytes into memory of their own, which is returned; null where they are a part of <paramref name="encoded"/>.</summary>
    private ScratchBuffer? DecodeBytes(ReadOnlyLongSpan encoded, out ReadOnlyLongSpan decoded)
    {
        ScratchBuffer? scratch = null;
        bool done = false;
        try
        {
            decoded = encoded;
            for (int i = _bytesCodecs.Length - 1; i >= 0; i--)
            {
                decoded = DecodeBytes(i, decoded, ref scratch);
            }

            done = true;
            return scratch;
        }
        finally
        {
            if (!done)
            {
                scratch?.Dispose();
            }
        }
    }

    /// <summary>Undoes one codec; the result is a part of the source or lies in <paramref name="scratch"/>.</summary>
    private ReadOnlyLongSpan DecodeBytes(int codec, ReadOnlyLongSpan source, scoped ref ScratchBuffer? scratch)
    {
        if (_bytesCodecs[codec] is ChecksumCodec checksum)
        {
            return checksum.Verify(source);
        }

        ScratchBuffer next;
        long length;
        if (_lengths[codec] is { } known)
        {
            length = known;
            CheckReach(_bytesCodecs[codec], source.Length, known);
            next = ScratchBuffer.Rent(known);
            try
            {
                _bytesCodecs[codec].Decode(source, next.Span.Slice(0, known));
            }
            catch
            {
                next.Dispose();
                throw;
            }
        }
        else
        {
            // Other encoders may need somewhat more for the same bytes than ours.
            long limit = _maxLengths[codec] > long.MaxValue / 4 ? long.MaxValue : 2 * _maxLengths[codec] + 4096;
            next = _bytesCodecs[codec].Decode(source, limit, out length);
        }

        scratch?.Dispose();
        scratch = next;
        return next.Span.Slice(0, length);
    }

    /// <summary>Refuses, before memory is taken, a chunk that so few bytes cannot stand for.</summary>
    private void CheckReach(long encodedLength, long decodedLength)
    {
        if (_lengths[^1] is { } expected && encodedLength != expected)
        {
            throw new CorruptDataException($"the chunk has {encodedLength} bytes instead of {expected}");
        }

        if (_bytesCodecs.Length == 1)
        {
            CheckReach(_bytesCodecs[0], encodedLength, decodedLength);
        }
    }

    private static void CheckReach(BytesToBytesCodec codec, long encodedLength, long decodedLength)
    {
        if (codec.MaxDecodedLength(encodedLength) < decodedLength)
        {
            throw new CorruptDataException($"codec {codec.Name}: {encodedLength} bytes cannot stand for the {decodedLength} that were expected");
        }
    }

    private void DecodeStrided(ReadOnlyLongSpan encoded, ReadOnlySpan<long> origin, in ArrayView view)
    {
        ChunkSpec spec = _arraySpecs[0];
        if (IsRaw)
        {
            CheckReach(encoded.Length, spec.ByteCount);
            CopyBox(encoded, spec, origin, view);
            return;
        }

        CheckReach(encoded.Length, spec.ByteCount);
        using ScratchBuffer scratch = ScratchBuffer.Rent(spec.ByteCount);
        LongSpan elements = scratch.Span.Slice(0, spec.ByteCount);
        DecodeBytes(encoded, elements);
        _bytes!.Order.Swap(elements);
        CopyBox(elements, spec, origin, view);
    }

    private void DecodeElements(ReadOnlyLongSpan encoded, ReadOnlySpan<long> origin, in ArrayView view)
    {
        ChunkSpec spec = _arraySpecs[^1];
        if (_bytes is not null)
        {
            CheckReach(encoded.Length, spec.ByteCount);
        }

        ScratchBuffer scratch = ScratchBuffer.Rent(spec.ByteCount);
        try
        {
            if (_bytes is null)
            {
                using ScratchBuffer? bytes = DecodeBytes(encoded, out ReadOnlyLongSpan shard);
                Sharding!.Decode(shard, new long[spec.Shape.Length], ArrayView.RowMajor(scratch.Memory, spec.Shape, spec.DataType.Size));
            }
            else
            {
                DecodeBytes(encoded, scratch.Span);
                _bytes.Order.Swap(scratch.Span);
            }

            bool isWhole = view.IsContiguous && view.Shape.AsSpan().SequenceEqual(_arraySpecs[0].Shape);
            for (int i = _arrayCodecs.Length - 1; i >= 0; i--)
            {
                if (i == 0 && isWhole)
                {
                    _arrayCodecs[0].Decode(scratch.Span, view.Contiguous.Span, _arraySpecs[0]);
                    return;
                }

                ScratchBuffer next = ScratchBuffer.Rent(_arraySpecs[i].ByteCount);
                using (ScratchBuffer before = scratch)
                {
                    scratch = next;
                    _arrayCodecs[i].Decode(before.Span, next.Span, _arraySpecs[i]);
                }
            }

            CopyBox(scratch.Span, _arraySpecs[0], origin, view);
        }
        finally
        {
            scratch.Dispose();
        }
    }

    private EncodedChunk Serialize(in ArrayView view)
    {
        if (view.IsContiguous && _bytes!.Order.IsNative)
        {
            return new EncodedChunk(view.Contiguous);
        }

        ScratchBuffer scratch = ScratchBuffer.Rent(view.ByteCount);
        view.CopyTo(scratch.Span);
        _bytes!.Order.Swap(scratch.Span);
        return new EncodedChunk(scratch, view.ByteCount);
    }

    private EncodedChunk EncodeElements(in ArrayView view, bool storeFillValue)
    {
        ScratchBuffer? scratch = null;
        try
        {
            ReadOnlyLongSpan elements;
            if (view.IsContiguous)
            {
                elements = view.Contiguous.Span;
            }
            else
            {
                scratch = ScratchBuffer.Rent(_arraySpecs[0].ByteCount);
                view.CopyTo(scratch.Span);
                elements = scratch.Span;
            }

            for (int i = 0; i < _arrayCodecs.Length; i++)
            {
                ScratchBuffer next = ScratchBuffer.Rent(_arraySpecs[i + 1].ByteCount);
                using (ScratchBuffer? before = scratch)
                {
                    scratch = next;
                    _arrayCodecs[i].Encode(elements, next.Span, _arraySpecs[i]);
                    elements = next.Span;
                }
            }

            ChunkSpec spec = _arraySpecs[^1];
            if (Sharding is not null)
            {
                return Sharding.Encode(ArrayView.RowMajor(scratch!.Memory, spec.Shape, spec.DataType.Size), storeFillValue);
            }

            _bytes!.Order.Swap(scratch!.Span);
            EncodedChunk encoded = new(scratch, spec.ByteCount);
            scratch = null;
            return encoded;
        }
        finally
        {
            scratch?.Dispose();
        }
    }

    private static void CopyBox(ReadOnlyLongSpan elements, ChunkSpec spec, ReadOnlySpan<long> origin, in ArrayView view)
    {
        long[] strides = Extents.RowMajorStrides(spec.Shape, spec.DataType.Size);
        long offset = 0;
        for (int axis = 0; axis < strides.Length; axis++)
        {
            offset += origin[axis] * strides[axis];
        }

        StridedCopy.Copy(elements, offset, strides, view);
    }
}
