using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Tests;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>What many small arrays cost.</summary>
public sealed class SmallArrayTests
{
    private const int Count = 1000;
    private const int Elements = 100;

    [Test]
    public async Task Neighbours_in_a_database_are_read_together()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "many");
        await CheckpointWriter.SaveAsync(path, PyTree.Dict(Enumerable.Range(0, Count).Select(index => KeyValuePair.Create(
            $"a{index:0000}", PyTree.FromArrayValue(new ArrayValue(DataType.Parse("int32"), [Elements], Values(index)))))));

        CountingStore store = new(new FileKvStore(path));
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(store)).OpenItemAsync();
        using RestoredTree restored = await item.RestoreAsync();
        Assert.That(item.Leaves, Has.Count.EqualTo(Count));
        for (int index = 0; index < Count; index++)
        {
            Assert.That(restored[$"a{index:0000}"].AsMemory(0, 4 * Elements).Span.SequenceEqual(Values(index)), Is.True, $"{index}");
        }

        Assert.That(store.Reads, Is.LessThan(Count / 10));
    }

    private static byte[] Values(int index)
    {
        byte[] values = new byte[4 * Elements];
        new Random(index).NextBytes(values);
        return values;
    }

    private sealed class CountingStore(IKvStore store) : ForwardingKvStore(store)
    {
        private int _reads;

        public int Reads => _reads;

        public override ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _reads);
            return base.ReadAsync(key, options, cancellationToken);
        }
    }
}
