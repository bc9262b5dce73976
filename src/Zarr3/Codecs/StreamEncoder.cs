using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Applies a codec piece by piece, in memory that does not grow with the chunk.</summary>
internal abstract class StreamEncoder : IDisposable
{
    /// <summary>Encodes what comes next.</summary>
    /// <param name="decoded">The next bytes; all of them are used.</param>
    /// <param name="isEnd">Whether the chunk ends with them.</param>
    /// <param name="degreeOfParallelism">Most threads.</param>
    /// <returns>Encoded bytes, valid until the next call; none where more are needed to make any.</returns>
    public abstract LongMemory Write(ReadOnlyLongSpan decoded, bool isEnd, int degreeOfParallelism);

    /// <inheritdoc/>
    public abstract void Dispose();
}
