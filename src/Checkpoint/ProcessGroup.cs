namespace OcdbtSharp.Checkpoint;

/// <summary>The processes that save a checkpoint together. They meet in the store: nothing else connects them.</summary>
public sealed class ProcessGroup
{
    /// <summary>A process that saves alone.</summary>
    public static ProcessGroup Single { get; } = new(0, 1);

    /// <summary>One process of several.</summary>
    /// <param name="index">Which one, from 0 on. Process 0 makes the folders and puts the parts together.</param>
    /// <param name="count">How many there are.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is not below the count.</exception>
    public ProcessGroup(int index, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        Index = index;
        Count = count;
    }

    /// <summary>Which process this is.</summary>
    public int Index { get; }

    /// <summary>How many processes there are.</summary>
    public int Count { get; }

    /// <summary>How long a process waits for the others. Default: 20 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>How long a process waits before it looks again. Default: 50 ms, growing to 20 times that.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether this process makes the folders and puts the parts together.</summary>
    public bool IsPrimary => Index == 0;
}
