namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Shares of reads that one worker runs one after the other.</summary>
internal sealed class ShareBatch
{
    private readonly List<ReadShare> _shares = [];

    public ShareBatch()
    {
    }

    public ShareBatch(IEnumerable<ReadShare> shares)
    {
        foreach (ReadShare share in shares)
        {
            Add(share);
        }
    }

    /// <summary>The shares.</summary>
    public IReadOnlyList<ReadShare> Shares => _shares;

    /// <summary>Number of shares.</summary>
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
}
