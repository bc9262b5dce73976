using System.Text.Json;
using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Cli;

/// <summary>Finds the item and the leaf that a command line names.</summary>
internal static class LeafLocator
{
    private const int NamesToList = 10;

    /// <summary>Opens the item that is meant.</summary>
    /// <param name="path">A checkpoint.</param>
    /// <param name="step">The step of a root; null for the latest.</param>
    /// <param name="item">The item of a step; null where only one can be meant.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<CheckpointItem> OpenItemAsync(string path, long? step, string? item, CancellationToken cancellationToken)
    {
        OrbaxCheckpoint checkpoint = await OpenAsync(path, step, cancellationToken);
        return await checkpoint.OpenItemAsync(item, cancellationToken);
    }

    /// <summary>Opens the item that has a leaf of this name, and finds the leaf.</summary>
    /// <param name="path">A checkpoint.</param>
    /// <param name="step">The step of a root; null for the latest.</param>
    /// <param name="item">The item of a step; null to find it: by <c>ITEM/NAME</c>, else as the only one that has such a leaf.</param>
    /// <param name="name">The leaf's name; null for the only leaf, or the value of a JSON item.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The item, and its leaf unless it is a JSON item.</returns>
    public static async Task<(CheckpointItem Item, CheckpointLeaf? Leaf)> FindAsync(
        string path, long? step, string? item, string? name, CancellationToken cancellationToken)
    {
        OrbaxCheckpoint checkpoint = await OpenAsync(path, step, cancellationToken);
        if (checkpoint.Kind != CheckpointKind.Step || item is not null || name is null)
        {
            return Find(await checkpoint.OpenItemAsync(item, cancellationToken), name, checkpoint.Location);
        }

        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? name : name[..slash];
        if (checkpoint.ItemNames.Contains(first))
        {
            CheckpointItem named = await checkpoint.OpenItemAsync(first, cancellationToken);
            if (slash >= 0 || named.Leaves.Count <= 1)
            {
                return Find(named, slash < 0 ? null : name[(slash + 1)..], checkpoint.Location);
            }
        }

        List<(CheckpointItem Item, CheckpointLeaf? Leaf)> found = [];
        foreach (string itemName in checkpoint.ItemNames)
        {
            CheckpointItem candidate = await checkpoint.OpenItemAsync(itemName, cancellationToken);
            if (Match(candidate, name) is { } leaf)
            {
                found.Add((candidate, leaf));
            }
        }

        return found.Count switch
        {
            1 => found[0],
            0 => throw new UsageException($"{checkpoint.Location} has no leaf '{name}' in any item; 'ocdbt tree' lists all names."),
            _ => throw new UsageException(
                $"{checkpoint.Location} has a leaf '{name}' in several items: say which by --item, one of {string.Join(", ", found.Select(one => one.Item.Name))}."),
        };
    }

    private static async Task<OrbaxCheckpoint> OpenAsync(string path, long? step, CancellationToken cancellationToken)
    {
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(path, null, cancellationToken);
        return checkpoint.Kind == CheckpointKind.Root ? await checkpoint.OpenStepAsync(step, cancellationToken)
            : step is null ? checkpoint
            : throw new UsageException($"{checkpoint.Location} is no root of a manager, so it has no steps: leave out --step.");
    }

    private static (CheckpointItem Item, CheckpointLeaf? Leaf) Find(CheckpointItem item, string? name, string location)
    {
        if (item.Leaves.Count == 0 && name is null or "")
        {
            return item.Json.ValueKind != JsonValueKind.Undefined ? (item, null) : throw new UsageException($"{item.Location} has no leaves.");
        }

        CheckpointLeaf? leaf = name is not null ? Match(item, name) : item.Leaves.Count == 1 ? item.Leaves[0] : null;
        if (leaf is not null)
        {
            return (item, leaf);
        }

        string names = string.Join(", ", item.Leaves.Take(NamesToList).Select(one => one.Name)) + (item.Leaves.Count > NamesToList ? ", …" : "");
        throw new UsageException(name is null ? $"{location} has several leaves: name one of {names}." : $"{location} has no leaf '{name}', only {names}.");
    }

    // The parts of a name may have slashes between them instead of the dots that Orbax uses.
    private static CheckpointLeaf? Match(CheckpointItem item, string name) =>
        item.Find(name) ?? item.Leaves.FirstOrDefault(leaf => string.Join('/', leaf.Path.Select(key => key.Name)) == name);
}
