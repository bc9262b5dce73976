namespace OcdbtSharp.Zarr3;

/// <summary>A share of a read, a write or a transfer. Shares are independent: they may run in any order and at the same time.</summary>
internal interface IChunkTask
{
    /// <summary>Bytes of the elements that are moved.</summary>
    long Bytes { get; }

    /// <summary>Bytes of memory that the work holds at most, beside what is the caller's.</summary>
    long MemoryBytes { get; }

    /// <summary>Does the work.</summary>
    ValueTask RunAsync(CancellationToken cancellationToken);
}
