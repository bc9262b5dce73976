using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>The stored bytes of a chunk: either memory of its own, or the caller's elements as they lie.</summary>
internal sealed class EncodedChunk : IDisposable
{
    private readonly ScratchBuffer? _owned;

    /// <summary>Bytes in memory that the chunk gives back.</summary>
    public EncodedChunk(ScratchBuffer owned, long length)
        : this(owned.Memory.Slice(0, length)) => _owned = owned;

    /// <summary>Borrowed bytes.</summary>
    public EncodedChunk(LongMemory memory) => Memory = memory;

    public LongMemory Memory { get; }

    public long Length => Memory.Length;

    public LongSpan Span => Memory.Span;

    /// <summary>Whether the bytes are the caller's own.</summary>
    public bool IsBorrowed => _owned is null;

    public void Dispose() => _owned?.Dispose();
}
