using OcdbtSharp.Zarr3.Reading;

namespace OcdbtSharp.Zarr3.Codecs;

/// <content>Chunks that are decoded and encoded piece by piece.</content>
internal sealed partial class CodecPipeline
{
    /// <summary>Whether a stored chunk can be decoded piece by piece: nothing but codecs from bytes to bytes changed its elements, each of them one that can.</summary>
    public bool IsStreaming => _bytes is not null && _arrayCodecs.Length == 0 && _bytesCodecs.Length > 0 && Array.TrueForAll(_bytesCodecs, static codec => codec is IStreamingCodec);

    /// <summary>Bytes of memory that decoding piece by piece takes at most, unless the format of a codec calls for more.</summary>
    public long StreamBytes => Math.Min(_bytesCodecs.Length * DecodedStream.CodecBytes, MaxEncodedLength + Spec.ByteCount);

    /// <summary>Bytes of an encoded chunk at most.</summary>
    public long MaxEncodedLength => _maxLengths[^1];

    /// <summary>Bytes of the elements before the codecs from bytes to bytes.</summary>
    public long StoredByteCount => _arraySpecs[^1].ByteCount;

    /// <summary>The byte order of the elements, where the chunk is not a shard.</summary>
    public ByteOrder Order => _bytes!.Order;

    /// <summary>Whether the axes are stored in their order.</summary>
    public bool IsInOrder => _order is null || _order.Index().All(static axis => axis.Index == axis.Item);

    /// <summary>Decoders of the codecs from bytes to bytes in the order of encoding, for one chunk.</summary>
    public IEnumerable<StreamDecoder> OpenDecoders() => _bytesCodecs.Select(static codec => ((IStreamingCodec)codec).OpenDecoder());

    /// <summary>
    /// Encoders of the codecs from bytes to bytes in the order of encoding, for one chunk that comes piece by piece in the order of its elements; null where
    /// the codecs need the whole.
    /// </summary>
    public IReadOnlyList<StreamEncoder>? OpenEncoders()
    {
        if (_bytes is not { Order.IsNative: true } || _arrayCodecs.Length > 0 || !IsInOrder || _bytesCodecs.Length > 1)
        {
            return null;
        }

        return _bytesCodecs.Length == 0 ? [] : (_bytesCodecs[0] as IStreamingCodec)?.OpenEncoder(Spec.ByteCount) is { } encoder ? [encoder] : null;
    }
}
