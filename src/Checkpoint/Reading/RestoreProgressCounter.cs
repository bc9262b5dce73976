namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Tells what has been restored so far.</summary>
/// <param name="reads">All that is restored.</param>
/// <param name="target">Who is told; null where nobody asks.</param>
internal sealed class RestoreProgressCounter(LeafRead[] reads, IProgress<RestoreProgress>? target)
{
    private readonly Lock _lock = new();
    private readonly long _totalBytes = target is null ? 0 : reads.Sum(read => read.Bytes);
    private int _leaves = target is null ? 0 : reads.Count(read => read.Leaf.Source is null);
    private long _bytes;

    /// <summary>Counts the bytes of a batch of tasks.</summary>
    public void Add(long bytes) => Add(0, bytes);

    /// <summary>Counts leaves whose tasks have all been begun.</summary>
    public void AddLeaves(int leaves) => Add(leaves, 0);

    private void Add(int leaves, long bytes)
    {
        if (target is not null)
        {
            lock (_lock)
            {
                _leaves += leaves;
                _bytes += bytes;
                target.Report(new RestoreProgress(_leaves, reads.Length, _bytes, _totalBytes));
            }
        }
    }
}
