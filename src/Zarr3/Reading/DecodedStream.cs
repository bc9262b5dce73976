using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>
/// The bytes of a chunk before its codecs from bytes to bytes, decoded piece by piece in their order while the stored ones are read: neither ever is in
/// memory as a whole.
/// </summary>
internal sealed class DecodedStream : IDisposable
{
    /// <summary>Bytes of memory that each codec takes, about, unless its format calls for more.</summary>
    public const long CodecBytes = 4 << 20;

    // Bytes that are read at a time where they come from far away.
    private const long FarPieceLength = 8 << 20;

    private readonly ChunkSource _source;
    private readonly long _length;
    private readonly Stage[] _stages;
    private long _position;
    private long _pieceLength = ChunkStream.PieceLength;

    private DecodedStream(ChunkSource source, long length, IEnumerable<StreamDecoder> decoders)
    {
        _source = source;
        _length = length;
        _stages = [.. decoders.Select(static decoder => new Stage(decoder))];
    }

    /// <summary>Begins to decode a chunk.</summary>
    /// <param name="codecs">The codecs, which are <see cref="CodecPipeline.IsStreaming"/>.</param>
    /// <param name="source">The stored bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where the chunk is missing.</returns>
    public static async ValueTask<DecodedStream?> OpenAsync(CodecPipeline codecs, ChunkSource source, CancellationToken cancellationToken) =>
        await source.GetLengthAsync(cancellationToken).ConfigureAwait(false) is { } length
            ? new DecodedStream(source, length, codecs.OpenDecoders())
            : null;

    /// <summary>Decodes on.</summary>
    /// <returns>The next bytes, valid until the next call; none at the end.</returns>
    /// <exception cref="CorruptDataException">The chunk is damaged.</exception>
    /// <exception cref="StorageException">The chunk has been deleted meanwhile, or the storage failed.</exception>
    public ValueTask<LongMemory> NextAsync(CancellationToken cancellationToken) => NextAsync(0, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Stage stage in _stages)
        {
            stage.Dispose();
        }
    }

    private async ValueTask<LongMemory> NextAsync(int index, CancellationToken cancellationToken)
    {
        Stage stage = _stages[index];
        while (true)
        {
            LongMemory piece = Decode(stage);
            if (piece.Length > 0 || stage.IsDone)
            {
                return piece;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (index + 1 < _stages.Length)
            {
                LongMemory more = await NextAsync(index + 1, cancellationToken).ConfigureAwait(false);
                stage.Add(more);
            }
            else
            {
                await ReadAsync(stage, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private LongMemory Decode(Stage stage)
    {
        try
        {
            return stage.Decode();
        }
        catch (OcdbtSharpException exception) when (exception.Location is null)
        {
            throw exception.At(_source.Location);
        }
    }

    private async ValueTask ReadAsync(Stage stage, CancellationToken cancellationToken)
    {
        long more = Math.Min(_length - _position, _pieceLength);
        if (more > 0)
        {
            ValueTask<bool> read = _source.ReadAsync(_position, stage.Reserve(more), cancellationToken);

            // Where a read takes its time, fewer of them take less.
            _pieceLength = read.IsCompleted ? _pieceLength : FarPieceLength;
            if (!await read.ConfigureAwait(false))
            {
                throw _source.Deleted();
            }
        }

        _position += more;
        stage.Added(more, isEnd: _position == _length);
    }

    /// <summary>A codec and what it has not used yet.</summary>
    private sealed class Stage(StreamDecoder decoder) : IDisposable
    {
        private ScratchBuffer _input = ScratchBuffer.Rent(ChunkStream.PieceLength);
        private long _first;
        private long _end;
        private bool _isEnd;

        public bool IsDone { get; private set; }

        public LongMemory Decode()
        {
            if (_end == _first && !_isEnd)
            {
                return default;
            }

            LongMemory piece;
            long used;
            do
            {
                piece = decoder.Read(_input.Span.Slice(_first, _end - _first), _isEnd, out used);
                _first += used;
            }
            while (piece.Length == 0 && used > 0 && (_first < _end || _isEnd));
            IsDone = _isEnd && piece.Length == 0;
            return IsDone && _first < _end ? throw new CorruptDataException($"{_end - _first} bytes follow the compressed ones") : piece;
        }

        /// <summary>Room for more bytes behind those that are left.</summary>
        public LongMemory Reserve(long count)
        {
            ReadOnlyLongSpan rest = _input.Span.Slice(_first, _end - _first);
            if (rest.Length + count > _input.Length)
            {
                ScratchBuffer larger = ScratchBuffer.Rent(Math.Max(rest.Length + count, Math.Min(2 * _input.Length, rest.Length + (64L << 20))));
                rest.CopyTo(larger.Span);
                _input.Dispose();
                _input = larger;
            }
            else
            {
                rest.CopyTo(_input.Span);
            }

            (_first, _end) = (0, rest.Length);
            return _input.Memory.Slice(_end, count);
        }

        public void Added(long count, bool isEnd)
        {
            _end += count;
            _isEnd = isEnd;
        }

        public void Add(LongMemory bytes)
        {
            if (bytes.Length > 0)
            {
                ReadOnlyLongSpan source = bytes.Span;
                source.CopyTo(Reserve(bytes.Length).Span);
            }

            Added(bytes.Length, isEnd: bytes.Length == 0);
        }

        public void Dispose()
        {
            decoder.Dispose();
            _input.Dispose();
        }
    }
}
