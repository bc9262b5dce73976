namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Shares of reads that one worker runs one after the other.</summary>
internal sealed class ShareBatch
{
    private readonly List<ReadShare> _shares = [];
    private readonly Func<CancellationToken, ValueTask>? _read;

    public ShareBatch()
    {
    }

    /// <param name="bytes">Bytes of the elements.</param>
    /// <param name="memoryBytes">Bytes of memory that the reads hold at most.</param>
    /// <param name="read">Reads all of it.</param>
    public ShareBatch(long bytes, long memoryBytes, Func<CancellationToken, ValueTask> read)
    {
        Bytes = bytes;
        MemoryBytes = memoryBytes;
        _read = read;
    }

    /// <summary>Number of shares that were added.</summary>
    public int Count => _shares.Count;

    /// <summary>Bytes of the elements.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of memory that the reads hold at most.</summary>
    public long MemoryBytes { get; private set; }

    /// <summary>Leaves of which these are the last shares.</summary>
    public int Leaves { get; init; }

    public void Add(ReadShare share)
    {
        _shares.Add(share);
        Bytes += share.Bytes;
        MemoryBytes += share.MemoryBytes;
    }

    /// <summary>Runs the shares.</summary>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        if (_read is not null)
        {
            await _read(cancellationToken).ConfigureAwait(false);
        }

        foreach (ReadShare share in _shares)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await share.RunAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
