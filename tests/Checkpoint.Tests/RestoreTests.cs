using System.Text;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Tests;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>What a restore costs, reports and selects, and how it is given up.</summary>
public sealed class RestoreTests
{
    private static string Data(string name) => Path.Combine(GoldenCase.Root, "orbax", name, "data");

    [Test]
    public async Task Progress_grows_up_to_the_whole()
    {
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(Data("many-arrays"))).OpenItemAsync();
        List<RestoreProgress> reports = [];
        using RestoredTree tree = await item.RestoreAsync(new RestoreOptions { Progress = new Reports(reports) });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reports, Is.Not.Empty);
            Assert.That(reports.Select(report => report.Bytes), Is.Ordered);
            Assert.That(reports.Select(report => report.Leaves), Is.Ordered);
            Assert.That(reports[^1], Is.EqualTo(new RestoreProgress(item.Leaves.Count, item.Leaves.Count, item.Leaves.Sum(leaf => leaf.LogicalBytes), item.Leaves.Sum(leaf => leaf.LogicalBytes))));
        }
    }

    [Test]
    public async Task A_restore_is_given_up_when_told()
    {
        MemoryKvStore memory = new();
        ItemFiles files = new(memory);
        await files.AddAsync(["w"], [1, 2, 3]);
        await files.OpenAsync();
        GatedKvStore store = new(memory);
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(store)).OpenItemAsync();
        using CancellationTokenSource cancellation = new();
        store.Gate = new TaskCompletionSource();
        Task<RestoredTree> restore = item.RestoreAsync(null, cancellation.Token);
        Assert.That(restore.IsCompleted, Is.False);
        await cancellation.CancelAsync();
        Assert.That(() => restore, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => item.RestoreAsync(null, new CancellationToken(true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => item.Leaves[0].RestoreAsync(new CancellationToken(true)), Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase(1, 8, 1)]
    [TestCase(450_000, 8, 2)]
    [TestCase(1L << 30, 3, 3)]
    public async Task Work_in_flight_is_bounded_by_bytes_and_by_count(long bytes, int parallelism, int most)
    {
        // Arrays of 100,000 bytes: large enough to be read on their own. They are big-endian, so what is stored is held beside them.
        MemoryKvStore memory = new();
        ItemFiles files = new(memory);
        for (int index = 0; index < 12; index++)
        {
            await files.AddAsync([$"w{index}"], [.. Enumerable.Repeat(index, 25_000)]);
            string metadata = Encoding.UTF8.GetString((await memory.ReadAsync($"w{index}/.zarray")).Value.Span);
            await memory.WriteAsync($"w{index}/.zarray", metadata.Replace("<i4", ">i4", StringComparison.Ordinal));
            byte[] elements = (await memory.ReadAsync($"w{index}/0")).Value.ToArray();
            Array.Reverse(elements);
            await memory.WriteAsync($"w{index}/0", elements);
        }

        await files.OpenAsync();
        GatedKvStore store = new(memory);
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(store)).OpenItemAsync();
        store.Gate = new TaskCompletionSource();
        Task<RestoredTree> restore = item.RestoreAsync(new RestoreOptions { MaxMemory = bytes, MaxParallelism = parallelism });
        await store.WaitForAsync(most);
        store.Gate.SetResult();
        using RestoredTree tree = await restore;
        Assert.That(store.MostAtOnce, Is.EqualTo(most));
        Assert.That(tree.Leaves.Select(leaf => leaf.AsSpan<int>()[24_999]), Is.EqualTo(Enumerable.Range(0, 12)));
    }

    [Test]
    public async Task Bounds_must_be_positive()
    {
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(Data("seed-example"))).OpenItemAsync("state");
        Assert.That(() => item.RestoreAsync(new RestoreOptions { MaxMemory = 0 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => item.RestoreAsync(new RestoreOptions { MaxParallelism = 0 }), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public async Task Only_what_is_selected_is_read()
    {
        MemoryKvStore memory = new();
        ItemFiles files = new(memory);
        await files.AddAsync(["a", "w"], [1]);
        await files.AddAsync(["a", "b"], [2]);
        await files.AddAsync(["b", "w"], [3]);
        await files.OpenAsync();
        GatedKvStore store = new(memory);
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(store)).OpenItemAsync();
        store.Reads.Clear();
        using RestoredTree tree = await item.RestoreAsync(new RestoreOptions { Subtree = ["a"], Include = ["*.w", "*.b"], Exclude = ["*.b"] });
        Assert.That(store.Reads, Is.EqualTo(new[] { "a.w/0" }));
        Assert.That(tree.TryGet("a.b"), Is.Null);
        Assert.That(() => tree["a.b"], Throws.TypeOf<KeyNotFoundException>());
    }

    [Test]
    public async Task A_slice_reads_only_the_chunks_that_it_touches()
    {
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(Data("subchunked-zarr2"))).OpenItemAsync();
        CheckpointLeaf leaf = item.Leaves.First(candidate => candidate.Shape.Count == 2 && candidate.ChunkShape![0] * 2 <= candidate.Shape[0]);
        using RestoredLeaf whole = await leaf.RestoreAsync();
        int width = (int)leaf.Shape[1];
        for (int row = 0; row < leaf.Shape[0]; row++)
        {
            using RestoredLeaf part = await leaf.RestoreAsync([row, 1], [1, width - 2]);
            Assert.That(part.Shape, Is.EqualTo(new long[] { 1, width - 2 }));
            int size = leaf.DataType!.Size;
            Assert.That(part.AsMemory(0, (int)part.ByteLength).ToArray(), Is.EqualTo(whole.AsMemory(((row * width) + 1) * size, (width - 2) * size).ToArray()));
        }
    }

    [TestCase(new long[] { 0 }, new long[] { 17 })]
    [TestCase(new long[] { -1 }, new long[] { 1 })]
    [TestCase(new long[] { 16 }, new long[] { 1 })]
    [TestCase(new long[] { 0 }, new long[] { -1 })]
    [TestCase(new long[] { 1 }, new[] { long.MaxValue })]
    [TestCase(new long[] { }, new long[] { })]
    [TestCase(new long[] { 0, 0 }, new long[] { 1, 1 })]
    public async Task A_slice_must_be_within_the_array(long[] origin, long[] shape)
    {
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(Data("seed-example"))).OpenItemAsync("state");
        Assert.That(() => item.Find("a")!.RestoreAsync(origin, shape), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Elements_are_seen_in_types_of_their_size()
    {
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(Data("seed-example"))).OpenItemAsync("state");
        using RestoredTree tree = await item.RestoreAsync();
        Assert.That(tree["a"].AsSpan<long>().ToArray(), Is.EqualTo(Enumerable.Range(0, 16).Select(value => (long)value)));
        Assert.That(() => tree["a"].AsSpan<int>(), Throws.ArgumentException.With.Message.Contains("8 bytes"));
        Assert.That(() => tree["a"].AsMemory(0, 129), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private sealed class Reports(List<RestoreProgress> reports) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value) => reports.Add(value);
    }

    /// <summary>Holds reads back until a gate opens, and counts how many wait at once.</summary>
    private sealed class GatedKvStore(IKvStore store) : ForwardingKvStore(store)
    {
        private readonly Lock _lock = new();
        private readonly List<(int Count, TaskCompletionSource Reached)> _awaited = [];
        private int _atOnce;

        public TaskCompletionSource? Gate { get; set; }

        public int MostAtOnce { get; private set; }

        public List<string> Reads { get; } = [];

        public async Task WaitForAsync(int count)
        {
            TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                if (_atOnce >= count)
                {
                    return;
                }

                _awaited.Add((count, reached));
            }

            await reached.Task.WaitAsync(TimeSpan.FromMinutes(1));

            // Whoever would go beyond the bound has had its chance to.
            await Task.Delay(50);
        }

        public override async ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
        {
            lock (_lock)
            {
                Reads.Add(key.ToString());
                MostAtOnce = Math.Max(MostAtOnce, ++_atOnce);
                foreach ((int count, TaskCompletionSource reached) in _awaited.Where(awaited => awaited.Count <= _atOnce))
                {
                    reached.TrySetResult();
                }
            }

            try
            {
                if (Gate is not null)
                {
                    await Gate.Task.WaitAsync(cancellationToken);
                }

                return await base.ReadAsync(key, options, cancellationToken);
            }
            finally
            {
                lock (_lock)
                {
                    _atOnce--;
                }
            }
        }
    }
}
