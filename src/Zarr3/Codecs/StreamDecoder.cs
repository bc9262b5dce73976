using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>A codec from bytes to bytes that can be undone piece by piece, in memory that does not grow with the chunk.</summary>
internal interface IStreamingCodec
{
    /// <summary>A decoder for one chunk.</summary>
    StreamDecoder OpenDecoder();

    /// <summary>An encoder for one chunk; null where the codec can only be applied to the whole.</summary>
    /// <param name="length">Bytes of the chunk.</param>
    StreamEncoder? OpenEncoder(long length) => null;
}

/// <summary>Undoes a codec piece by piece. It takes the encoded bytes in order, in pieces of any length, and gives the decoded ones in order.</summary>
internal abstract class StreamDecoder : IDisposable
{
    /// <summary>Bytes of decoded pieces, about: they stay in the cache of a core while they are used, and are worth a turn.</summary>
    public const int PieceLength = 1 << 20;

    /// <summary>Decodes what comes next.</summary>
    /// <param name="encoded">The encoded bytes from the first that was not used.</param>
    /// <param name="isEnd">Whether there are no more behind these.</param>
    /// <param name="used">Number of bytes that were used; the others are to be given again, with more behind them.</param>
    /// <returns>Decoded bytes, valid until the next call; none where more bytes are needed, or where there are no more.</returns>
    /// <exception cref="KvStore.CorruptDataException">The bytes are damaged, or cut off at the end.</exception>
    public abstract LongMemory Read(ReadOnlyLongSpan encoded, bool isEnd, out long used);

    /// <inheritdoc/>
    public abstract void Dispose();
}
