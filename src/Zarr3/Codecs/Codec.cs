using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>A codec as metadata names it.</summary>
/// <param name="Name">Its name in version 3, its id in version 2.</param>
/// <param name="Configuration">Its options; null where it has none.</param>
internal sealed record CodecSpec(string Name, JsonObject? Configuration)
{
    /// <summary>The object in the metadata, members in alphabetical order: version 3 names the codec beside its options, version 2 among them.</summary>
    public JsonObject ToJson(ZarrFormat format)
    {
        if (format == ZarrFormat.V3)
        {
            JsonObject named = new();
            if (Configuration is not null)
            {
                named["configuration"] = Configuration.DeepClone();
            }
            else if (Name.StartsWith(CodecRegistry.NumcodecsPrefix, StringComparison.Ordinal))
            {
                // zarr-python wants it for these even where there is nothing in it.
                named["configuration"] = new JsonObject();
            }

            named["name"] = Name;
            return named;
        }

        IEnumerable<KeyValuePair<string, JsonNode?>> options = (Configuration ?? []).Select(option => KeyValuePair.Create(option.Key, option.Value?.DeepClone()));
        return new JsonObject(options.Append(KeyValuePair.Create<string, JsonNode?>("id", Name)).OrderBy(option => option.Key, StringComparer.Ordinal));
    }
}

/// <summary>A step between the elements of a chunk and its stored bytes. Codecs keep no state: one serves any number of threads.</summary>
internal abstract class Codec
{
    /// <summary>The name by which errors call it.</summary>
    public abstract string Name { get; }

    /// <summary>What stands in the metadata, all options spelled out.</summary>
    public abstract CodecSpec ToSpec(ZarrFormat format);

    [DoesNotReturn]
    protected void ThrowCorrupt(string problem, Exception? cause = null) =>
        throw new CorruptDataException($"codec {Name}: {problem}", innerException: cause);
}

/// <summary>Elements to elements: a change of axes or of values.</summary>
internal abstract class ArrayToArrayCodec : Codec
{
    /// <summary>What a chunk is like behind the codec.</summary>
    /// <exception cref="UnsupportedFormatException">The codec cannot take such a chunk.</exception>
    public abstract ChunkSpec Resolve(ChunkSpec decoded);

    /// <summary>Undoes the codec.</summary>
    /// <param name="encoded">All elements, in C order.</param>
    /// <param name="decoded">Room for exactly all elements, in C order.</param>
    /// <param name="spec">What the decoded chunk is like.</param>
    public abstract void Decode(ReadOnlyLongSpan encoded, LongSpan decoded, ChunkSpec spec);

    /// <summary>Applies the codec.</summary>
    /// <inheritdoc cref="Decode"/>
    public abstract void Encode(ReadOnlyLongSpan decoded, LongSpan encoded, ChunkSpec spec);
}

/// <summary>Elements to bytes: the one codec of its kind in every chain.</summary>
internal abstract class ArrayToBytesCodec : Codec
{
    /// <summary>Number of bytes that a chunk takes; null where that depends on its elements.</summary>
    public abstract long? EncodedLength { get; }
}

/// <summary>Bytes to bytes: compression, a filter or a checksum.</summary>
internal abstract class BytesToBytesCodec : Codec
{
    /// <summary>Bytes of what the codec gives one after the other, as the type size of a codec behind it: 1, unless it gives elements.</summary>
    public virtual int ItemSize => 1;

    /// <summary>Length behind the codec, where it follows from the length before it; otherwise null.</summary>
    public virtual long? EncodedLength(long decodedLength) => null;

    /// <summary>The greatest length behind the codec.</summary>
    public abstract long MaxEncodedLength(long decodedLength);

    /// <summary>The greatest length that so many encoded bytes can stand for: a limit to hold before memory is taken.</summary>
    public abstract long MaxDecodedLength(long encodedLength);

    /// <summary>Undoes the codec, where the length is known.</summary>
    /// <param name="encoded">The encoded bytes.</param>
    /// <param name="decoded">Room for exactly the decoded bytes.</param>
    /// <exception cref="CorruptDataException">The bytes are damaged or stand for more or fewer.</exception>
    public abstract void Decode(ReadOnlyLongSpan encoded, LongSpan decoded);

    /// <summary>Undoes the codec into memory that it takes itself, where the length is not known.</summary>
    /// <param name="encoded">The encoded bytes.</param>
    /// <param name="limit">The greatest length that is accepted.</param>
    /// <param name="length">The length.</param>
    /// <exception cref="CorruptDataException">The bytes are damaged or stand for more.</exception>
    public abstract ScratchBuffer Decode(ReadOnlyLongSpan encoded, long limit, out long length);

    /// <summary>Applies the codec.</summary>
    /// <param name="decoded">The bytes.</param>
    /// <param name="encoded">Room for <see cref="MaxEncodedLength"/>.</param>
    /// <returns>The length.</returns>
    public abstract long Encode(ReadOnlyLongSpan decoded, LongSpan encoded);

    /// <summary>Applies the codec, with several threads where it can.</summary>
    /// <param name="decoded">The bytes.</param>
    /// <param name="encoded">Room for <see cref="MaxEncodedLength"/>.</param>
    /// <param name="degreeOfParallelism">Most threads.</param>
    /// <returns>The length.</returns>
    public virtual long Encode(ReadOnlyLongSpan decoded, LongSpan encoded, int degreeOfParallelism) => Encode(decoded, encoded);
}

/// <summary>A codec whose work fits ordinary spans, which is true of every one whose format counts in 32 bits.</summary>
internal abstract class SpanCodec : BytesToBytesCodec
{
    public sealed override void Decode(ReadOnlyLongSpan encoded, LongSpan decoded)
    {
        if (!encoded.TryGetSpan(out ReadOnlySpan<byte> source) || !decoded.TryGetSpan(out Span<byte> destination))
        {
            throw new UnsupportedFormatException($"codec {Name}: chunks of more than 2^31 bytes cannot be decoded; this one has {decoded.Length}");
        }

        int written = Decode(source, destination);
        if (written != destination.Length)
        {
            ThrowCorrupt($"{(written > destination.Length ? "more" : written)} bytes where {destination.Length} were expected");
        }
    }

    public sealed override long Encode(ReadOnlyLongSpan decoded, LongSpan encoded)
    {
        if (!decoded.TryGetSpan(out ReadOnlySpan<byte> source))
        {
            throw new UnsupportedFormatException($"codec {Name}: chunks of more than 2^31 bytes cannot be encoded; this one has {decoded.Length}");
        }

        return Encode(source, encoded.Window(0, (int)Math.Min(encoded.Length, Array.MaxLength)));
    }

    public override ScratchBuffer Decode(ReadOnlyLongSpan encoded, long limit, out long length)
    {
        if (!encoded.TryGetSpan(out ReadOnlySpan<byte> source))
        {
            throw new UnsupportedFormatException($"codec {Name}: chunks of more than 2^31 bytes cannot be decoded; this one has {encoded.Length}");
        }

        return DecodeGrowing(source, Math.Min(Math.Min(limit, MaxDecodedLength(encoded.Length)), Array.MaxLength), out length);
    }

    /// <summary>Tries growing buffers, from four times the source on; codecs that know better override it.</summary>
    private ScratchBuffer DecodeGrowing(ReadOnlySpan<byte> source, long limit, out long length)
    {
        for (long size = Math.Min(limit, Math.Max(4096, 4L * source.Length)); ; size = Math.Min(limit, 4 * size))
        {
            ScratchBuffer buffer = ScratchBuffer.Rent(size);
            bool done = false;
            try
            {
                int written = Decode(source, buffer.Span.Window(0, (int)size));
                done = written <= size;
                if (done)
                {
                    length = written;
                    return buffer;
                }
            }
            finally
            {
                if (!done)
                {
                    buffer.Dispose();
                }
            }

            if (size == limit)
            {
                ThrowCorrupt($"more than {limit} bytes, the most that the chunk can have here");
            }
        }
    }

    /// <summary>Undoes the codec.</summary>
    /// <returns>The length; any number above the destination's where it does not fit.</returns>
    /// <exception cref="CorruptDataException">The bytes are damaged.</exception>
    protected abstract int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded);

    /// <summary>Applies the codec and returns the length.</summary>
    protected abstract int Encode(ReadOnlySpan<byte> decoded, Span<byte> encoded);
}
