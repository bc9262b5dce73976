using OcdbtSharp.Checkpoint.Conversion;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint;

/// <summary>Compares two items leaf by leaf: first their structure, then their values. The arrays are read piece by piece, each chunk once.</summary>
public static class CheckpointComparison
{
    /// <summary>Compares two items.</summary>
    /// <param name="first">One item.</param>
    /// <param name="second">The other.</param>
    /// <param name="options">Which leaves, and how many at the same time; null for all.</param>
    /// <param name="relativeTolerance">How far two elements may be apart, in parts of the second one.</param>
    /// <param name="absoluteTolerance">How far they may be apart beside that.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A result for each leaf of either, in the order of the first item, then of the second.</returns>
    /// <exception cref="CorruptDataException">An array is damaged.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<IReadOnlyList<LeafDifference>> CompareAsync(
        CheckpointItem first,
        CheckpointItem second,
        RestoreOptions? options = null,
        double relativeTolerance = 0,
        double absoluteTolerance = 0,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        RestoreOptions selection = options ?? new RestoreOptions();
        CheckpointLeaf[] leaves = [.. first.Leaves.Where(selection.Selects)];
        LeafPair[] pairs = [.. leaves.Select(leaf => new LeafPair(leaf, second.Find(leaf.Name), new ElementComparison(relativeTolerance, absoluteTolerance)))];
        TransferRunner runner = new(selection.MaxMemory, selection.MaxParallelism);
        await runner.RunAsync(
            pairs.SelectMany(pair => Tasks(pair, relativeTolerance, absoluteTolerance, selection.MaxMemory)), cancellationToken).ConfigureAwait(false);
        return
        [
            .. pairs.Select(Result),
            .. second.Leaves.Where(leaf => selection.Selects(leaf) && first.Find(leaf.Name) is null)
                .Select(leaf => new LeafDifference(leaf.Name, LeafDifferenceState.OnlyInSecond, null, 0, 0, 0)),
        ];
    }

    private static IEnumerable<TransferTask> Tasks(LeafPair pair, double relative, double absolute, long maxMemory)
    {
        if (pair.Second is not { Source: { } other } || pair.First.Source is not { } source || Unlike(pair.First, pair.Second) is not null)
        {
            return [];
        }

        ComparisonSink sink = new(other, pair.First.DataType!, pair.Elements, relative, absolute);
        TransferPlan plan = new(source, sink, pair.First.Shape, source.ElementSize) { MaxMemory = maxMemory };
        return plan.Tasks(new long[pair.First.Shape.Count], [.. pair.First.Shape]);
    }

    private static LeafDifference Result(LeafPair pair)
    {
        if (pair.Second is null)
        {
            return new LeafDifference(pair.First.Name, LeafDifferenceState.OnlyInFirst, null, 0, 0, 0);
        }

        if (Unlike(pair.First, pair.Second) is { } unlike)
        {
            return new LeafDifference(pair.First.Name, LeafDifferenceState.Unlike, unlike, 0, 0, 0);
        }

        ElementComparison elements = pair.Elements;
        LeafDifferenceState state = elements.Different > 0 ? LeafDifferenceState.Different : elements.Close > 0 ? LeafDifferenceState.Close : LeafDifferenceState.Equal;
        return new LeafDifference(pair.First.Name, state, null, elements.Different, elements.Count, elements.Largest);
    }

    private static string? Unlike(CheckpointLeaf first, CheckpointLeaf second) =>
        first.Kind != second.Kind && (first.DataType is null || second.DataType is null) ? $"{first.Kind} and {second.Kind}"
        : first.DataType is not null && !first.DataType.Equals(second.DataType) ? $"{first.DataType} and {second.DataType}"
        : !first.Shape.SequenceEqual(second.Shape) ? $"{Extents.Format([.. first.Shape])} and {Extents.Format([.. second.Shape])}"
        : first.Text != second.Text ? $"\"{first.Text}\" and \"{second.Text}\""
        : first.KeyImplementation != second.KeyImplementation ? $"keys of {first.KeyImplementation ?? "no generator"} and {second.KeyImplementation ?? "no generator"}"
        : null;

    private sealed record LeafPair(CheckpointLeaf First, CheckpointLeaf? Second, ElementComparison Elements);
}
