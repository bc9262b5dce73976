using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>The values of the leaves of an item, or of those that were selected. Disposing it frees the memory of all of them.</summary>
public sealed class RestoredTree : IDisposable
{
    private readonly IReadOnlyList<NativeBuffer> _shared;
    private Dictionary<string, RestoredLeaf>? _byName;

    internal RestoredTree(IReadOnlyList<RestoredLeaf> leaves, IReadOnlyList<NativeBuffer> shared)
    {
        Leaves = leaves;
        _shared = shared;
    }

    /// <summary>The values, in the order of the item's leaves.</summary>
    public IReadOnlyList<RestoredLeaf> Leaves { get; }

    /// <summary>Bytes that were read from the store for it; null where they were not counted, as they are in a restore into a target.</summary>
    public long? BytesRead { get; internal init; }

    /// <summary>The value of the leaf with this name.</summary>
    /// <param name="name">The keys of its path with dots between them.</param>
    /// <exception cref="KeyNotFoundException">No leaf with this name was restored.</exception>
    public RestoredLeaf this[string name] =>
        TryGet(name) ?? throw new KeyNotFoundException($"No leaf '{name}' was restored.");

    /// <summary>The value of the leaf with this name; null where none was restored.</summary>
    public RestoredLeaf? TryGet(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_byName is null)
        {
            Dictionary<string, RestoredLeaf> byName = new(StringComparer.Ordinal);
            foreach (RestoredLeaf leaf in Leaves)
            {
                byName.TryAdd(leaf.Leaf.Name, leaf);
            }

            _byName = byName;
        }

        return _byName.GetValueOrDefault(name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RestoredLeaf leaf in Leaves)
        {
            leaf.Dispose();
        }

        foreach (NativeBuffer buffer in _shared)
        {
            buffer.Dispose();
        }
    }
}
