using System.Collections.Concurrent;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Tests;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Whatever is done with a checkpoint, its chunks are read and decoded once; each side of a comparison its own.</summary>
public sealed class DecodeCountTests
{
    private const int Rows = 700;
    private const int Columns = 512;

    [Test]
    public async Task Each_chunk_is_read_once(
        [Values("verify", "compare", "copy", "export", "save", "convert type")] string operation,
        [Values(1L << 30, 1L << 20)] long memory,
        [Values(null, 90_000L)] long? chunkBytes,
        [Values] bool isZarr3)
    {
        MemoryKvStore stored = new();
        float[] elements = [.. Enumerable.Range(0, Rows * Columns).Select(index => (float)Math.Sin(index))];
        PyTree tree = PyTree.Dict(
            KeyValuePair.Create("a", (PyTree)ArrayValue.Create(elements, Rows, Columns)),
            KeyValuePair.Create("b", (PyTree)ArrayValue.Create(elements[..(300 * Columns)], 300, Columns)));
        SaveOptions saved = new() { UseOcdbt = false, UseZarr3 = isZarr3, ChunkByteSize = chunkBytes };
        await CheckpointWriter.SaveStepAsync(stored, "step", [KeyValuePair.Create("state", ItemToSave.Tree(tree, saved))]);
        ChunkCounter counter = new(stored);
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(counter.WithPrefix("step/"))).OpenItemAsync("state");
        RestoreOptions options = new() { MaxMemory = memory };
        using TemporaryFolder folder = new();
        switch (operation)
        {
            case "verify":
                Assert.That((await CheckpointVerification.RunAsync(await OrbaxCheckpoint.OpenAsync(counter.WithPrefix("step/")), options)).Faults, Is.Empty);
                break;
            case "compare":
                CheckpointItem other = await (await OrbaxCheckpoint.OpenAsync(stored.WithPrefix("step/"))).OpenItemAsync("state");
                Assert.That((await CheckpointComparison.CompareAsync(item, other, options)).Select(leaf => leaf.State), Is.All.EqualTo(LeafDifferenceState.Equal));
                break;
            case "copy":
                foreach (CheckpointLeaf leaf in item.Leaves)
                {
                    using MemoryStream bytes = new();
                    await leaf.CopyToAsync(bytes, new long[2], leaf.Shape, options);
                    Assert.That(bytes.Length, Is.EqualTo(leaf.LogicalBytes));
                }

                break;
            case "export":
                await CheckpointExport.ToSafetensorsAsync(item, Path.Combine(folder.Path, "x.safetensors"), new ExportOptions { MaxMemory = memory });
                break;
            case "save":
                SaveOptions copied = new() { ChunkByteSize = 50_000, MaxMemory = memory };
                await CheckpointWriter.SaveAsync(Path.Combine(folder.Path, "copy"), PyTree.FromItem(item), copied);
                break;
            default:
                LeafTarget wanted = new() { DataType = Zarr3.DataType.Parse("bfloat16") };
                RestoreTarget target = new(item.Leaves.ToDictionary(leaf => leaf.Name, _ => wanted));
                using (await item.RestoreAsync(target, options))
                {
                }

                break;
        }

        Assert.That(counter.Bytes, Is.Not.Empty);
        foreach ((string key, long bytes) in counter.Bytes)
        {
            // Of a shard the index is read beside its chunk.
            long length = (await stored.StatAsync("step/" + key)).TotalLength;
            Assert.That(bytes, Is.LessThan(length + 100), key);
        }
    }

    /// <summary>Counts the bytes that are read of every chunk.</summary>
    private sealed class ChunkCounter(IKvStore store) : ForwardingKvStore(store)
    {
        private readonly ConcurrentDictionary<string, long> _bytes = [];

        public IReadOnlyDictionary<string, long> Bytes => _bytes;

        public override async ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
        {
            ReadResult result = await base.ReadAsync(key, options, cancellationToken);
            string name = key.ToString();
            if (name.Contains("/a/", StringComparison.Ordinal) || name.Contains("/b/", StringComparison.Ordinal))
            {
                if (!name.EndsWith(".zarray", StringComparison.Ordinal) && !name.EndsWith("zarr.json", StringComparison.Ordinal))
                {
                    _bytes.AddOrUpdate(name["step/".Length..], result.Value.Length, (_, before) => before + result.Value.Length);
                }
            }

            return result;
        }
    }
}
