using OcdbtSharp.Checkpoint.Conversion;
using OcdbtSharp.Checkpoint.Formats;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint;

/// <summary>Compares two items leaf by leaf: first their structure, then their values. The arrays are read piece by piece.</summary>
public static class CheckpointComparison
{
    private const long PieceBytes = 16 << 20;

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
        LeafDifference[] results = new LeafDifference[leaves.Length];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = selection.MaxParallelism, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, leaves.Length, parallel, async (index, token) =>
        {
            CheckpointLeaf leaf = leaves[index];
            results[index] = second.Find(leaf.Name) is { } other
                ? await CompareAsync(leaf, other, new ElementComparison(relativeTolerance, absoluteTolerance), token).ConfigureAwait(false)
                : new LeafDifference(leaf.Name, LeafDifferenceState.OnlyInFirst, null, 0, 0, 0);
        }).ConfigureAwait(false);
        return
        [
            .. results,
            .. second.Leaves.Where(leaf => selection.Selects(leaf) && first.Find(leaf.Name) is null)
                .Select(leaf => new LeafDifference(leaf.Name, LeafDifferenceState.OnlyInSecond, null, 0, 0, 0)),
        ];
    }

    private static async Task<LeafDifference> CompareAsync(CheckpointLeaf first, CheckpointLeaf second, ElementComparison elements, CancellationToken cancellationToken)
    {
        if (Unlike(first, second) is { } unlike)
        {
            return new LeafDifference(first.Name, LeafDifferenceState.Unlike, unlike, 0, 0, 0);
        }

        if (first.DataType is { } type)
        {
            foreach ((long[] origin, long[] shape) in LeafSlabs.Plan(new long[first.Shape.Count], first.Shape, first.ChunkShape, type.Size, PieceBytes))
            {
                using RestoredLeaf left = await first.RestoreAsync(origin, shape, cancellationToken).ConfigureAwait(false);
                using RestoredLeaf right = await second.RestoreAsync(origin, shape, cancellationToken).ConfigureAwait(false);
                elements.Add(left.Elements.Span, right.Elements.Span, type);
            }
        }

        LeafDifferenceState state = elements.Different > 0 ? LeafDifferenceState.Different : elements.Close > 0 ? LeafDifferenceState.Close : LeafDifferenceState.Equal;
        return new LeafDifference(first.Name, state, null, elements.Different, elements.Count, elements.Largest);
    }

    private static string? Unlike(CheckpointLeaf first, CheckpointLeaf second) =>
        first.Kind != second.Kind && (first.DataType is null || second.DataType is null) ? $"{first.Kind} and {second.Kind}"
        : first.DataType is not null && !first.DataType.Equals(second.DataType) ? $"{first.DataType} and {second.DataType}"
        : !first.Shape.SequenceEqual(second.Shape) ? $"{Extents.Format([.. first.Shape])} and {Extents.Format([.. second.Shape])}"
        : first.Text != second.Text ? $"\"{first.Text}\" and \"{second.Text}\""
        : first.KeyImplementation != second.KeyImplementation ? $"keys of {first.KeyImplementation ?? "no generator"} and {second.KeyImplementation ?? "no generator"}"
        : null;
}
