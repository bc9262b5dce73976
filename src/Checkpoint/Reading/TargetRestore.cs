using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Restores an item into a target: everything that does not fit is found before anything is read, and told at once.</summary>
internal static class TargetRestore
{
    /// <exception cref="ArgumentException">The target and the item do not fit; the message names every leaf.</exception>
    public static async Task<RestoredTree> RunAsync(CheckpointItem item, RestoreTarget target, RestoreOptions options, CancellationToken cancellationToken)
    {
        List<object> plans = Plan(item, target);
        List<RestoredLeaf> leaves = new(plans.Count);
        ByteCounter counter = new();
        try
        {
            List<(long MemoryBytes, Func<CancellationToken, ValueTask> Run)> work = [];
            long total = plans.OfType<TargetPlan>().Sum(plan => plan.Bytes);
            foreach (object planned in plans)
            {
                if (planned is TargetPlan plan)
                {
                    NativeBuffer buffer = new(plan.Bytes);
                    leaves.Add(new RestoredLeaf(plan.Leaf, plan.Shape, buffer, buffer, plan.DataType));
                    int workers = PlanOptions.Workers(options.MaxParallelism, plan.Leaf.Source!.ShareBytes, total);
                    work.AddRange(plan.Shares(buffer, new PlanOptions { Counter = counter, MaxParallelism = workers }));
                }
                else
                {
                    CheckpointLeaf leaf = (CheckpointLeaf)planned;
                    leaves.Add(new RestoredLeaf(leaf, leaf.Shape, default, null));
                }
            }

            ByteBudget budget = new(options.BytesInFlight);
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.MaxParallelism, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(work, parallel, async (share, token) =>
            {
                using ByteBudget.Lease lease = await budget.AcquireAsync(share.MemoryBytes, token).ConfigureAwait(false);
                await share.Run(token).ConfigureAwait(false);
            }).ConfigureAwait(false);
            return new RestoredTree(leaves, []) { BytesRead = counter.Bytes };
        }
        catch
        {
            leaves.ForEach(leaf => leaf.Dispose());
            throw;
        }
    }

    /// <summary>What is to be done for each wanted leaf that the options select: a plan, or the leaf itself where it has no elements.</summary>
    private static List<object> Plan(CheckpointItem item, RestoreTarget target)
    {
        List<object> plans = [];
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
            else if (leaf.Source is null)
            {
                plans.Add(leaf);
            }
            else if (TargetPlan.Create(leaf, wanted, target.AllowResize, out string? problem) is { } plan)
            {
                plans.Add(plan);
            }
            else
            {
                problems.Add(problem!);
            }
        }

        return problems.Count == 0 ? plans
            : throw new ArgumentException($"{item.Location} does not fit the target: {string.Join("; ", problems)}.", nameof(target));
    }
}
