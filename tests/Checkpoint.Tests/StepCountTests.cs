using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Tests;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>What a root of many steps costs, counted in requests to its store.</summary>
public sealed class StepCountTests
{
    private const int Steps = 100;

    private static readonly JsonElement _metrics = JsonDocument.Parse("""{"loss": 1.5}""").RootElement;

    [Test]
    public async Task The_latest_step_costs_one_listing_of_the_root_and_nothing_of_other_steps([Values] bool isInMemory)
    {
        using TemporaryFolder folder = new();
        IKvStore store = isInMemory ? new MemoryKvStore() : new FileKvStore(folder.Path);
        await MakeAsync(store);
        RequestLog log = new(store);
        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(log);
        Assert.That(root.Steps.Select(step => step.Step), Is.EqualTo(Enumerable.Range(0, Steps)));
        Assert.That(log.Folders, Is.EqualTo([""]));
        CheckpointItem item = await (await root.OpenStepAsync()).OpenItemAsync();
        using RestoredTree restored = await item.RestoreAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(log.Folders.Count(prefix => prefix.Length == 0), Is.EqualTo(1), "listings of the root");
            Assert.That(log.Requests.Where(key => IsOfOtherStep(key, Steps - 1)), Is.Empty);
            Assert.That(restored.Leaves[0].AsMemory(0, 4).Span.ToArray(), Is.EqualTo(BitConverter.GetBytes(Steps - 1)));
        }
    }

    [Test]
    public async Task A_summary_costs_two_reads_and_no_listing()
    {
        MemoryKvStore store = new();
        await MakeAsync(store);
        RequestLog log = new(store);
        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(log);
        log.Clear();
        foreach (StepInfo step in root.Steps)
        {
            StepSummary summary = await root.ReadStepSummaryAsync(step);
            Assert.That(summary.Step, Is.EqualTo(step));
            Assert.That(summary.CommitTimestamp, Is.Not.Null);
            Assert.That(summary.ItemNames, Is.EqualTo(["default", "metrics"]));
            Assert.That(summary.Metrics?.GetProperty("loss").GetDouble(), Is.EqualTo(1.5));
        }

        Assert.That(log.Folders, Is.Empty);
        Assert.That(log.Requests, Has.Count.EqualTo(2 * Steps));
    }

    private static bool IsOfOtherStep(string key, int step)
    {
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && int.TryParse(key[..slash], out int number) && number != step;
    }

    private static async Task MakeAsync(IKvStore store)
    {
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(store, new CheckpointManagerOptions { BestFunction = metrics => metrics.GetProperty("loss").GetDouble() });
        for (int step = 0; step < Steps; step++)
        {
            PyTree tree = PyTree.Dict(KeyValuePair.Create("w", (PyTree)new ArrayValue(DataType.Parse("int32"), [1], BitConverter.GetBytes(step))));
            await manager.SaveAsync(step, tree, _metrics);
        }
    }

    /// <summary>A store that keeps a record of what it is asked for.</summary>
    private sealed class RequestLog(IKvStore store) : ForwardingKvStore(store)
    {
        private readonly Lock _lock = new();

        public List<string> Requests { get; } = [];

        public List<string> Folders { get; } = [];

        public void Clear()
        {
            Requests.Clear();
            Folders.Clear();
        }

        public override ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
        {
            Add(Requests, key);
            return base.ReadAsync(key, options, cancellationToken);
        }

        public override ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default)
        {
            Add(Requests, key);
            return base.StatAsync(key, cancellationToken);
        }

        public override IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, CancellationToken cancellationToken = default)
        {
            Add(Requests, range.InclusiveMin);
            return base.ListAsync(range, cancellationToken);
        }

        public override IAsyncEnumerable<ListEntry> ListFolderAsync(Key prefix = default, CancellationToken cancellationToken = default)
        {
            Add(Requests, prefix);
            Add(Folders, prefix);
            return base.ListFolderAsync(prefix, cancellationToken);
        }

        private void Add(List<string> requests, Key key)
        {
            lock (_lock)
            {
                requests.Add(key.ToString());
            }
        }
    }
}
