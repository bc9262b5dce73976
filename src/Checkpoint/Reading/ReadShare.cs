using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>A part of a read: a chunk of a zarr array, or elements that are in memory already.</summary>
internal readonly struct ReadShare
{
    private readonly IChunkTask? _chunk;
    private readonly Action<CancellationToken>? _copy;

    public ReadShare(IChunkTask chunk)
    {
        _chunk = chunk;
        Bytes = chunk.Bytes;
        MemoryBytes = chunk.MemoryBytes;
    }

    public ReadShare(long bytes, Action<CancellationToken> copy)
    {
        _copy = copy;
        Bytes = bytes;
        MemoryBytes = bytes;
    }

    /// <summary>Bytes of the elements.</summary>
    public long Bytes { get; }

    /// <summary>Bytes of memory that the read holds at most.</summary>
    public long MemoryBytes { get; }

    public ValueTask RunAsync(CancellationToken cancellationToken)
    {
        if (_chunk is not null)
        {
            return _chunk.RunAsync(cancellationToken);
        }

        _copy?.Invoke(cancellationToken);
        return ValueTask.CompletedTask;
    }
}
