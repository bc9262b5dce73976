using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Writing;

/// <summary>
/// Writes a chunk whose elements come piece by piece in their order: each piece is encoded and stored, so that neither the elements nor the stored bytes
/// are ever in memory as a whole. The chunk may be a shard with one inner chunk.
/// </summary>
internal sealed class ChunkStreamWriter : IAsyncDisposable
{
    private readonly ValueWriter _value;
    private readonly StreamEncoder? _encoder;
    private readonly ShardingIndexedCodec? _sharding;
    private readonly CodecPipeline _codecs;
    private long _stored;
    private long _elements;

    private ChunkStreamWriter(CodecPipeline codecs, ShardingIndexedCodec? sharding, StreamEncoder? encoder, ValueWriter value)
    {
        _codecs = codecs;
        _sharding = sharding;
        _encoder = encoder;
        _value = value;
    }

    /// <summary>Whether chunks can be written so: their codecs work piece by piece, and the store takes values in pieces.</summary>
    /// <param name="array">The array of the chunks.</param>
    public static bool Supports(ZarrArray array)
    {
        if (!array.Store.Capabilities.HasFlag(KvStoreCapabilities.PiecewiseWrite) || array.Store is not IPiecewiseKvStore)
        {
            return false;
        }

        // Elements beyond the array would lie between those of it.
        for (int axis = 1; axis < array.Metadata.Shape.Length; axis++)
        {
            if (array.Metadata.Shape[axis] % array.Metadata.ChunkShape[axis] != 0)
            {
                return false;
            }
        }

        (CodecPipeline codecs, _) = Innermost(array.Metadata.Codecs);
        if (codecs.OpenEncoders() is not { } encoders)
        {
            return false;
        }

        foreach (StreamEncoder encoder in encoders)
        {
            encoder.Dispose();
        }

        return codecs.Spec.ByteCount == array.Metadata.Codecs.Spec.ByteCount;
    }

    /// <summary>Begins a chunk.</summary>
    /// <param name="array">The array of the chunk, which <see cref="Supports"/> has been asked for.</param>
    /// <param name="index">Position of the chunk in the grid.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<ChunkStreamWriter> OpenAsync(ZarrArray array, long[] index, CancellationToken cancellationToken)
    {
        (CodecPipeline codecs, ShardingIndexedCodec? sharding) = Innermost(array.Metadata.Codecs);
        ValueWriter value = await ((IPiecewiseKvStore)array.Store).BeginWriteAsync(array.Metadata.KeyEncoding.Encode(index), cancellationToken).ConfigureAwait(false);
        ChunkStreamWriter writer = new(codecs, sharding, codecs.OpenEncoders() is [StreamEncoder encoder] ? encoder : null, value);
        writer._stored = sharding is { IndexAtStart: true } ? sharding.IndexLength : 0;
        return writer;
    }

    /// <summary>Writes the next elements.</summary>
    public async ValueTask WriteAsync(LongMemory elements, int degreeOfParallelism, CancellationToken cancellationToken)
    {
        _elements += elements.Length;
        if (_encoder is null)
        {
            await StoreAsync(elements, cancellationToken).ConfigureAwait(false);
            return;
        }

        LongMemory encoded = _encoder.Write(elements.Span, _elements == _codecs.Spec.ByteCount, degreeOfParallelism);
        await StoreAsync(encoded, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts the fill value in the place of elements beyond the array, and makes the chunk visible.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        const int Piece = 4 << 20;
        while (_elements < _codecs.Spec.ByteCount)
        {
            long count = Math.Min(Piece / _codecs.Spec.DataType.Size, (_codecs.Spec.ByteCount - _elements) / _codecs.Spec.DataType.Size);
            using ScratchBuffer fill = ScratchBuffer.Rent(count * _codecs.Spec.DataType.Size);
            ArrayView.RowMajor(fill.Memory, [count], _codecs.Spec.DataType.Size).Fill(_codecs.Spec.FillValue);
            await WriteAsync(fill.Memory, 1, cancellationToken).ConfigureAwait(false);
        }

        if (_sharding is not null)
        {
            long first = _sharding.IndexAtStart ? _sharding.IndexLength : 0;
            ShardIndex index = ShardIndex.Empty(1);
            index.Set(0, first, _stored - first);
            await _value.WriteAsync(_sharding.IndexAtStart ? 0 : _stored, index.Encode(_sharding.IndexCodecs), cancellationToken).ConfigureAwait(false);
        }

        await _value.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _encoder?.Dispose();
        return _value.DisposeAsync();
    }

    private async ValueTask StoreAsync(LongMemory bytes, CancellationToken cancellationToken)
    {
        for (long done = 0; done < bytes.Length; done += ReadOnlyLongSpan.DefaultWindow)
        {
            ReadOnlyMemory<byte> window = bytes.Window(done, (int)Math.Min(ReadOnlyLongSpan.DefaultWindow, bytes.Length - done));
            await _value.WriteAsync(_stored + done, window, cancellationToken).ConfigureAwait(false);
        }

        _stored += bytes.Length;
    }

    private static (CodecPipeline Codecs, ShardingIndexedCodec? Sharding) Innermost(CodecPipeline codecs) =>
        codecs is { IsPartial: true, Sharding: { } sharding } ? (sharding.Inner, sharding) : (codecs, null);
}
