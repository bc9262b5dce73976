namespace OcdbtSharp.Checkpoint;

/// <summary>What is restored of an item, and at what cost.</summary>
public sealed class RestoreOptions
{
    /// <summary>
    /// Patterns for the names of leaves, of which one must fit: <c>*</c> stands for any characters, <c>?</c> for one. Null: every leaf.
    /// </summary>
    public IReadOnlyList<string>? Include { get; init; }

    /// <summary>Patterns for the names of leaves that are left out, whatever <see cref="Include"/> says.</summary>
    public IReadOnlyList<string>? Exclude { get; init; }

    /// <summary>The keys that lead to the node below which leaves are restored. Null: the root.</summary>
    public IReadOnlyList<string>? Subtree { get; init; }

    /// <summary>
    /// How many bytes of arrays, as they are in memory, are read at the same time. An array that is larger is read alone. Default: 1 GiB.
    /// </summary>
    public long BytesInFlight { get; init; } = 1L << 30;

    /// <summary>How many arrays are read at the same time. Default: twice the number of processors.</summary>
    public int MaxParallelism { get; init; } = 2 * Environment.ProcessorCount;

    /// <summary>Told of what has been restored so far, from any thread.</summary>
    public IProgress<RestoreProgress>? Progress { get; init; }

    /// <summary>Whether a leaf is restored.</summary>
    internal bool Selects(CheckpointLeaf leaf)
    {
        for (int depth = 0; depth < Subtree?.Count; depth++)
        {
            if (depth >= leaf.Path.Count || leaf.Path[depth].Name != Subtree[depth])
            {
                return false;
            }
        }

        return (Include is null || Matches(Include, leaf.Name)) && (Exclude is null || !Matches(Exclude, leaf.Name));
    }

    private static bool Matches(IReadOnlyList<string> patterns, string name)
    {
        foreach (string pattern in patterns)
        {
            if (NamePattern.Matches(pattern, name))
            {
                return true;
            }
        }

        return false;
    }
}
