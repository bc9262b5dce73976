using OcdbtSharp.Zarr3.Transfer;

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
    /// Most bytes of memory that the operation takes beside the arrays that it restores, as far as the formats let it: a chunk that can only be decoded as a
    /// whole, and is larger, is read alone. Default: 1 GiB, or half of what the control group of the process may use where that is less.
    /// </summary>
    public long MaxMemory { get; init; } = MemoryLimit.Default;

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
