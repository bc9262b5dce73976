namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Finds what a target wants of an item; everything that does not fit is found before anything is read, and told at once.</summary>
internal static class RestoreTargets
{
    /// <summary>What is read of each wanted leaf.</summary>
    /// <exception cref="ArgumentException">The target and the item do not fit; the message names every leaf.</exception>
    public static LeafRead[] Resolve(CheckpointItem item, RestoreTarget target)
    {
        List<LeafRead> reads = [];
        List<string> problems = [.. target.Leaves.Keys.Where(name => item.Find(name) is null).Select(name => $"'{name}' is wanted and was not saved")];
        foreach (CheckpointLeaf leaf in item.Leaves)
        {
            if (!target.Leaves.TryGetValue(leaf.Name, out LeafTarget? wanted))
            {
                if (!target.AllowExtra)
                {
                    problems.Add($"'{leaf.Name}' was saved and is not wanted");
                }
            }
            else if (LeafRead.Create(leaf, wanted, target.AllowResize, out string? problem) is { } read)
            {
                reads.Add(read);
            }
            else
            {
                problems.Add(problem!);
            }
        }

        return problems.Count == 0 ? [.. reads]
            : throw new ArgumentException($"{item.Location} does not fit the target: {string.Join("; ", problems)}.", nameof(target));
    }
}
