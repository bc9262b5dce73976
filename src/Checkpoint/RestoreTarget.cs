namespace OcdbtSharp.Checkpoint;

/// <summary>What an item is restored into: its leaves by their names, each with the shape, type and region that are wanted.</summary>
public sealed class RestoreTarget
{
    /// <summary>A target of leaves.</summary>
    /// <param name="leaves">The leaves by their names: the keys of their paths with dots between them.</param>
    /// <exception cref="ArgumentException">A name is there twice.</exception>
    public RestoreTarget(IEnumerable<KeyValuePair<string, LeafTarget>> leaves) =>
        Leaves = new Dictionary<string, LeafTarget>(leaves ?? throw new ArgumentNullException(nameof(leaves)), StringComparer.Ordinal);

    /// <summary>The leaves.</summary>
    public IReadOnlyDictionary<string, LeafTarget> Leaves { get; }

    /// <summary>Whether leaves that were saved and are not wanted are left out; otherwise they are an error.</summary>
    public bool AllowExtra { get; init; }

    /// <summary>Whether an array of another shape than the saved one is cut off, or filled up with zeros, at its ends; otherwise it is an error.</summary>
    public bool AllowResize { get; init; }
}
