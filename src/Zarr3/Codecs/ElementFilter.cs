using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// A filter of numcodecs that works on elements. In version 2 it is handed bytes (<see cref="BytesFilterCodec"/>), in version 3 the elements of
/// the chunk (<see cref="ElementsFilterCodec"/>), in the order in which they lie.
/// </summary>
/// <param name="name">Its name in the metadata.</param>
/// <param name="configuration">Its options as the metadata give them.</param>
internal abstract class ElementFilter(string name, JsonObject? configuration)
{
    public string Name => name;

    public CodecSpec Spec => new(name, configuration);

    /// <summary>Bytes of a decoded element.</summary>
    public abstract int DecodedSize { get; }

    /// <summary>Bytes of an encoded element.</summary>
    public abstract int EncodedSize { get; }

    /// <summary>Length in bytes of so many encoded elements.</summary>
    public virtual long EncodedLength(long count) => count * EncodedSize;

    /// <summary>Greatest number of elements for so many encoded bytes.</summary>
    public virtual long MaxCount(long encodedLength) => encodedLength / EncodedSize;

    /// <summary>Number of elements that are encoded here.</summary>
    /// <exception cref="CorruptDataException">The bytes cannot be such elements.</exception>
    public virtual long Count(ReadOnlyLongSpan encoded) => encoded.Length % EncodedSize == 0
        ? encoded.Length / EncodedSize
        : throw new CorruptDataException($"codec {name}: {encoded.Length} bytes are not a whole number of elements of {EncodedSize}");

    /// <summary>What a chunk is like behind the filter, in version 3.</summary>
    /// <exception cref="UnsupportedFormatException">The filter cannot take such a chunk.</exception>
    public abstract ChunkSpec Resolve(ChunkSpec decoded);

    /// <summary>Decodes all elements; the lengths fit each other.</summary>
    public abstract void Decode(ReadOnlyLongSpan encoded, LongSpan decoded);

    /// <summary>Encodes all elements; the lengths fit each other.</summary>
    public abstract void Encode(ReadOnlyLongSpan decoded, LongSpan encoded);
}

/// <summary>A filter of elements in version 3.</summary>
internal sealed class ElementsFilterCodec(ElementFilter filter) : ArrayToArrayCodec
{
    public override string Name => filter.Name;

    public override CodecSpec ToSpec(ZarrFormat format) => filter.Spec;

    public override ChunkSpec Resolve(ChunkSpec decoded) => filter.Resolve(decoded);

    public override void Decode(ReadOnlyLongSpan encoded, LongSpan decoded, ChunkSpec spec)
    {
        long count = filter.Count(encoded);
        if (count != spec.Count)
        {
            ThrowCorrupt($"{count} elements where {spec.Count} were expected");
        }

        filter.Decode(encoded, decoded);
    }

    public override void Encode(ReadOnlyLongSpan decoded, LongSpan encoded, ChunkSpec spec) => filter.Encode(decoded, encoded);
}

/// <summary>A filter of elements in version 2, where it sees bytes.</summary>
internal sealed class BytesFilterCodec(ElementFilter filter) : BytesToBytesCodec
{
    public override string Name => filter.Name;

    public override int ItemSize => filter.EncodedSize;

    public override CodecSpec ToSpec(ZarrFormat format) => filter.Spec;

    public override long? EncodedLength(long decodedLength) => filter.EncodedLength(Count(decodedLength));

    public override long MaxEncodedLength(long decodedLength) => filter.EncodedLength((decodedLength / filter.DecodedSize) + 1);

    public override long MaxDecodedLength(long encodedLength)
    {
        long count = filter.MaxCount(encodedLength);
        return count > long.MaxValue / filter.DecodedSize ? long.MaxValue : count * filter.DecodedSize;
    }

    public override void Decode(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        Int128 length = (Int128)filter.Count(encoded) * filter.DecodedSize;
        if (length != decoded.Length)
        {
            ThrowCorrupt($"{length} bytes where {decoded.Length} were expected");
        }

        filter.Decode(encoded, decoded);
    }

    public override ScratchBuffer Decode(ReadOnlyLongSpan encoded, long limit, out long length)
    {
        Int128 wanted = (Int128)filter.Count(encoded) * filter.DecodedSize;
        if (wanted > limit)
        {
            ThrowCorrupt($"{wanted} bytes, more than the {limit} that the chunk can have here");
        }

        length = (long)wanted;
        ScratchBuffer buffer = ScratchBuffer.Rent(length);
        filter.Decode(encoded, buffer.Span);
        return buffer;
    }

    public override long Encode(ReadOnlyLongSpan decoded, LongSpan encoded)
    {
        long length = filter.EncodedLength(Count(decoded.Length));
        filter.Encode(decoded, encoded.Slice(0, length));
        return length;
    }

    private long Count(long decodedLength) => decodedLength % filter.DecodedSize == 0
        ? decodedLength / filter.DecodedSize
        : throw new UnsupportedFormatException($"codec {Name}: {decodedLength} bytes are not a whole number of elements of {filter.DecodedSize}");
}
