using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Puts encoded inner chunks one behind the other, and the index before or behind them.</summary>
internal sealed class ShardWriter : IDisposable
{
    private readonly ShardingIndexedCodec _codec;
    private readonly ShardIndex _index;
    private readonly long _expectedLength;
    private ScratchBuffer? _buffer;
    private long _length;

    /// <param name="codec">The codec of the shard.</param>
    /// <param name="expectedLength">About how many bytes the inner chunks will have together. Too few cost a copy of them, too many nothing.</param>
    public ShardWriter(ShardingIndexedCodec codec, long expectedLength)
    {
        _codec = codec;
        _expectedLength = expectedLength;
        _index = ShardIndex.Empty(codec.IndexCodecs.Spec.ByteCount / ShardIndex.EntryLength);
        _length = codec.IndexAtStart ? codec.IndexLength : 0;
    }

    /// <summary>Whether no inner chunk has been added.</summary>
    public bool IsEmpty { get; private set; } = true;

    public void Add(long chunk, ReadOnlyLongSpan encoded)
    {
        LongSpan target = Reserve(encoded.Length);
        encoded.CopyTo(target);
        _index.Set(chunk, _length - encoded.Length, encoded.Length);
        IsEmpty = false;
    }

    /// <summary>The whole shard. Afterwards the writer holds nothing.</summary>
    public EncodedChunk Finish()
    {
        byte[] index = _index.Encode(_codec.IndexCodecs);
        if (_codec.IndexAtStart)
        {
            if (_buffer is null)
            {
                _length = 0;
                Reserve(_codec.IndexLength);
            }

            index.CopyTo(_buffer!.Span.Window(0, index.Length));
        }
        else
        {
            index.CopyTo(Reserve(index.Length).Window(0, index.Length));
        }

        EncodedChunk shard = new(_buffer!, _length);
        _buffer = null;
        return shard;
    }

    public void Dispose()
    {
        _buffer?.Dispose();
        _buffer = null;
    }

    private LongSpan Reserve(long count)
    {
        long needed = checked(_length + count);
        if (_buffer is null || needed > _buffer.Length)
        {
            ScratchBuffer larger = ScratchBuffer.Rent(Math.Max(needed, _buffer is null ? _expectedLength : 2 * _buffer.Length) + _codec.IndexLength);
            if (_buffer is not null)
            {
                ((ReadOnlyLongSpan)_buffer.Span.Slice(0, _length)).CopyTo(larger.Span);
                _buffer.Dispose();
            }

            _buffer = larger;
        }

        LongSpan target = _buffer.Span.Slice(_length, count);
        _length = needed;
        return target;
    }
}
