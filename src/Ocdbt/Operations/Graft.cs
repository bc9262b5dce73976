using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>A leaf of another database that can be taken over whole: a reference to it instead of its entries.</summary>
/// <param name="Entry">What an interior node is to hold.</param>
/// <param name="Keys">The keys of the leaf as this database has them.</param>
/// <param name="Values">Their values.</param>
internal sealed record Graft(ChildEntry Entry, Key[] Keys, LeafValue[] Values)
{
    /// <summary>The keys from the first up to the last.</summary>
    public KeyRange Range => new(Keys[0], Keys[^1].Append(new Key(new byte[] { 0 })));

    /// <summary>
    /// Puts leaves in the place of their entries, where all of these are still to be put as they were, nothing else is to happen between them, and
    /// the version has no keys there.
    /// </summary>
    /// <param name="io">The database.</param>
    /// <param name="version">The version that is changed.</param>
    /// <param name="mutations">In order, without overlap.</param>
    /// <param name="grafts">The leaves.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<Mutation[]> ApplyAsync(
        IO.IoHandle io, BtreeGenerationReference? version, Mutation[] mutations, IReadOnlyCollection<Graft> grafts, CancellationToken cancellationToken)
    {
        if (grafts.Count == 0)
        {
            return mutations;
        }

        List<Mutation> combined = new(mutations.Length);
        int next = 0;
        foreach (Graft graft in grafts.OrderBy(graft => graft.Keys[0]))
        {
            int start = LowerBound(mutations, next, graft.Keys[0]);
            if (!graft.IsStaged(mutations, start)
                || (version is { } latest && await HasKeysAsync(io, latest, graft.Range, cancellationToken).ConfigureAwait(false)))
            {
                continue;
            }

            combined.AddRange(mutations.AsSpan(next, start - next));
            combined.Add(new Mutation(MutationKind.PutNode, graft.Keys[0], null, default) { Graft = graft });
            next = start + graft.Keys.Length;
        }

        combined.AddRange(mutations.AsSpan(next));
        return [.. combined];
    }

    /// <summary>Puts the entries back in the place of the leaves.</summary>
    public static Mutation[] Expand(Mutation[] mutations) =>
    [
        .. mutations.SelectMany(mutation => mutation.Graft is { } graft
            ? graft.Keys.Select((key, i) => new Mutation(MutationKind.Put, key, null, graft.Values[i]))
            : [mutation]),
    ];

    private static async ValueTask<bool> HasKeysAsync(
        IO.IoHandle io, BtreeGenerationReference version, KeyRange range, CancellationToken cancellationToken)
    {
        await foreach (LeafRun run in ListOperation.RunsAsync(io, version, range, cancellationToken).ConfigureAwait(false))
        {
            if (run.Count > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first mutation, from one on, whose key is not less than a key.</summary>
    private static int LowerBound(Mutation[] mutations, int from, Key key)
    {
        int low = from;
        int high = mutations.Length;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            if (mutations[middle].Min < key)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private bool IsStaged(Mutation[] mutations, int start)
    {
        if (start + Keys.Length > mutations.Length)
        {
            return false;
        }

        for (int i = 0; i < Keys.Length; i++)
        {
            Mutation mutation = mutations[start + i];
            if (mutation.Kind != MutationKind.Put || mutation.Min != Keys[i] || !mutation.Value.IsSame(Values[i]))
            {
                return false;
            }
        }

        return true;
    }
}
