namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>How the shares of a read go about it.</summary>
internal readonly record struct PlanOptions
{
    /// <summary>Counts the bytes that are read; null where nobody asks.</summary>
    public ByteCounter? Counter { get; init; }

    /// <summary>Stored values that were read already; null where there are none.</summary>
    public HeldValues? Held { get; init; }

    /// <summary>Most bytes of memory; the default where it is 0.</summary>
    public long MaxMemory { get; init; }

    /// <summary>Most parts of one large share that are read at the same time; one of them where it is 0.</summary>
    public int MaxParallelism { get; init; }

    /// <summary>How many of the workers one share of some work is worth: those that its bytes are of all.</summary>
    /// <param name="maxParallelism">Number of workers.</param>
    /// <param name="bytes">Bytes of the share.</param>
    /// <param name="totalBytes">Bytes of all shares.</param>
    public static int Workers(int maxParallelism, long bytes, long totalBytes) =>
        (int)Math.Clamp(Math.Ceiling((double)bytes * maxParallelism / Math.Max(1, totalBytes)), 1, Math.Max(1, maxParallelism));
}
