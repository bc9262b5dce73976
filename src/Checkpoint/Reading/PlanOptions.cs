namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>How the shares of a read go about it.</summary>
internal readonly record struct PlanOptions
{
    /// <summary>Counts the bytes that are read; null where nobody asks.</summary>
    public ByteCounter? Counter { get; init; }

    /// <summary>Stored values that were read already; null where there are none.</summary>
    public HeldValues? Held { get; init; }

    /// <summary>Most parts of one large share that are read at the same time; one of them where it is 0.</summary>
    public int MaxParallelism { get; init; }
}
