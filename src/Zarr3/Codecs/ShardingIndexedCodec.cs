using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// A chunk that is cut into inner chunks, each encoded on its own, with an index at the start or the end of where they lie. Version 3:
/// <c>{"name": "sharding_indexed", "configuration": {"chunk_shape": […], "codecs": […], "index_codecs": […], "index_location": "end"}}</c>;
/// https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/
/// </summary>
internal sealed class ShardingIndexedCodec : ArrayToBytesCodec
{
    private readonly bool _indexAtStart;

    /// <param name="shard">The chunk that is cut.</param>
    /// <param name="inner">The codecs of an inner chunk.</param>
    /// <param name="index">The codecs of the index.</param>
    /// <param name="indexAtStart">Whether the index lies before the inner chunks.</param>
    public ShardingIndexedCodec(ChunkSpec shard, CodecPipeline inner, CodecPipeline index, bool indexAtStart)
    {
        Inner = inner;
        IndexCodecs = index;
        _indexAtStart = indexAtStart;
        Grid = new ChunkGrid(shard.Shape, inner.Spec.Shape);
        IndexLength = (int)index.EncodedLength!.Value;
    }

    public override string Name => "sharding_indexed";

    public override long? EncodedLength => null;

    /// <summary>The codecs of an inner chunk.</summary>
    public CodecPipeline Inner { get; }

    public CodecPipeline IndexCodecs { get; }

    /// <summary>How the shard is cut.</summary>
    public ChunkGrid Grid { get; }

    /// <summary>Bytes of the encoded index.</summary>
    public int IndexLength { get; }

    /// <summary>The part of a shard that holds the index.</summary>
    public bool IndexAtStart => _indexAtStart;

    public override CodecSpec ToSpec(ZarrFormat format)
    {
        JsonObject configuration = new()
        {
            ["chunk_shape"] = new JsonArray([.. Inner.Spec.Shape.Select(extent => (JsonNode)extent)]),
            ["codecs"] = Inner.ToJson(),
            ["index_codecs"] = IndexCodecs.ToJson(),
        };
        if (_indexAtStart)
        {
            configuration["index_location"] = "start";
        }

        return new CodecSpec(Name, configuration);
    }

    /// <summary>Reads the index of a shard that is in memory.</summary>
    public ShardIndex DecodeIndex(ReadOnlyLongSpan shard)
    {
        CheckLength(shard.Length);
        return DecodeIndex(shard.Window(_indexAtStart ? 0 : shard.Length - IndexLength, IndexLength), shard.Length);
    }

    /// <summary>Reads an index.</summary>
    public ShardIndex DecodeIndex(ReadOnlySpan<byte> index, long shardLength)
    {
        try
        {
            return ShardIndex.Decode(index, IndexCodecs, shardLength);
        }
        catch (CorruptDataException exception) when (!exception.Message.Contains(Name, StringComparison.Ordinal))
        {
            throw new CorruptDataException($"codec {Name}: the index is damaged: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>Checks that a shard is long enough for its index.</summary>
    public void CheckLength(long shardLength)
    {
        if (shardLength < IndexLength)
        {
            ThrowCorrupt($"{shardLength} bytes are fewer than the index of {IndexLength}");
        }
    }

    /// <summary>Decodes a box of a shard that is in memory.</summary>
    public void Decode(ReadOnlyLongSpan shard, ReadOnlySpan<long> origin, in ArrayView destination)
    {
        ShardIndex index = DecodeIndex(shard);
        foreach (ChunkPart part in Grid.Parts(origin.ToArray(), destination.Shape))
        {
            ArrayView view = destination.Slice(part.Position, part.Shape);
            if (index.TryGet(part.LinearIndex, out long offset, out long length))
            {
                Inner.Decode(shard.Slice(offset, length), part.Origin, view);
            }
            else
            {
                view.Fill(Inner.Spec.FillValue);
            }
        }
    }

    /// <summary>Encodes a whole shard. Inner chunks that hold nothing but the fill value are left out.</summary>
    public EncodedChunk Encode(in ArrayView shard, bool storeFillValue)
    {
        ShardWriter writer = new(this, shard.ByteCount);
        try
        {
            foreach (ChunkPart part in Grid.Parts(new long[shard.Shape.Length], shard.Shape))
            {
                ArrayView inner = shard.Slice(part.Position, part.Shape);
                if (storeFillValue || !inner.IsFilledWith(Inner.Spec.FillValue))
                {
                    using EncodedChunk encoded = Inner.Encode(inner, storeFillValue);
                    writer.Add(part.LinearIndex, encoded.Span);
                }
            }

            return writer.Finish();
        }
        finally
        {
            writer.Dispose();
        }
    }
}
