namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>What is done with elements that have to be held and are too many for the memory: they go to a temporary file.</summary>
/// <param name="MaxHeld">Most bytes of one chunk that are held in memory.</param>
/// <param name="Folder">Where the files are; null where everything is held in memory. They have no name after they were made, as far as the system lets them.</param>
internal sealed record Spill(long MaxHeld, string? Folder)
{
    /// <summary>Everything is held in memory.</summary>
    public static Spill None { get; } = new(long.MaxValue, null);
}
