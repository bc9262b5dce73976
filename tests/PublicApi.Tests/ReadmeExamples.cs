using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.PublicApi.Tests;

/// <summary>The examples of the README, word for word, and what comes of them. This project sees only what every user sees.</summary>
[NonParallelizable]
public sealed class ReadmeExamples
{
    private string _folder = "";
    private string _before = "";

    // The examples name files below the folder in which the README lies, and write into the working folder.
    [SetUp]
    public void InTheFolderOfTheReadme()
    {
        _before = Environment.CurrentDirectory;
        _folder = Directory.CreateTempSubdirectory("ocdbtsharp-").FullName;
        Directory.CreateSymbolicLink(Path.Combine(_folder, "testdata"), Path.Combine(ReadmeTests.Root, "testdata"));
        Environment.CurrentDirectory = _folder;
    }

    [TearDown]
    public void Back()
    {
        Environment.CurrentDirectory = _before;
        Directory.Delete(Path.Combine(_folder, "testdata"));
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Saves()
    {
        PyTree state = PyTree.Dict(
            ("weights", ArrayValue.Create(new float[1000], shape: [10, 100])),
            ("step", 7));
        await CheckpointWriter.SaveAsync("checkpoint", state, new SaveOptions { UseZarr3 = true });

        await using CheckpointManager manager = await CheckpointManager.OpenAsync("run", new CheckpointManagerOptions { MaxToKeep = 2, KeepPeriod = 100 });
        for (long step = 100; step < 105; step++)
        {
            await manager.SaveAsync(step, state);
        }

        await manager.WaitUntilFinishedAsync();
        Assert.That(manager.AllSteps, Is.EqualTo(new long[] { 100, 103, 104 }));
        Assert.That((await (await OrbaxCheckpoint.OpenAsync("checkpoint")).OpenItemAsync()).Leaves.Select(leaf => leaf.Name), Is.EqualTo(new[] { "step", "weights" }));
    }

    [Test]
    public async Task Restores_and_exports()
    {
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync("testdata/orbax/seed-example/data");
        CheckpointItem item = await checkpoint.OpenItemAsync("state");
        foreach (CheckpointLeaf leaf in item.Leaves)
        {
            Console.WriteLine($"{leaf.Name}: {leaf.TypeName} {leaf.DataType} [{string.Join(", ", leaf.Shape)}]");
        }

        // In parallel, with at most 1 GiB of reads in flight. Disposing the tree frees the memory of its arrays.
        using RestoredTree tree = await item.RestoreAsync(new RestoreOptions { Include = ["a", "b*"], MaxMemory = 1L << 30 });
        ReadOnlySpan<long> a = tree["a"].AsSpan<long>();

        // A slice reads only the chunks that it touches.
        using RestoredLeaf slice = await item.Find("b")!.RestoreAsync(origin: [4], shape: [8]);

        await CheckpointExport.ToSafetensorsAsync(item, "state.safetensors", new ExportOptions { Convert = true });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(item.Leaves.Select(leaf => leaf.Name), Is.EqualTo(new[] { "a", "b", "c", "d", "e" }));
            Assert.That(tree["a"].AsSpan<long>().ToArray(), Is.EqualTo(Enumerable.Range(0, 16).Select(value => (long)value)));
            Assert.That(tree.Leaves, Has.Count.EqualTo(2));
            Assert.That(slice.AsSpan<double>().ToArray(), Is.EqualTo(Enumerable.Repeat(1.0, 8)));
            Assert.That(new FileInfo("state.safetensors").Length, Is.GreaterThan(16 * 8 * 2));
        }
    }

    [Test]
    public async Task Maps_an_array()
    {
        await CheckpointWriter.SaveAsync(
            "uncompressed", PyTree.Dict(("weights", ArrayValue.Create([.. Enumerable.Range(0, 1000).Select(value => (float)value)], shape: [10, 100]))), new SaveOptions { UseCompression = false });

        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync("uncompressed")).OpenItemAsync();
        using MappedArray weights = await item.Find("weights")!.Array!.MapAsync();
        ReadOnlyTensorSpan<float> matrix = weights.AsReadOnlyTensorSpan<float>();

        Assert.That(weights.IsMapped);
        Assert.That(matrix[3, 7], Is.EqualTo(307f));
    }

    [Test]
    public async Task Reads_a_database_and_an_array_in_it()
    {
        OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore("testdata/orbax/seed-example/data/0/state"));
        await foreach (ListEntry entry in store.ListAsync(KeyRange.Prefix("a/")))
        {
            Console.WriteLine($"{entry.Key}: {entry.Length} bytes");
        }

        ZarrArray array = await ZarrArray.OpenAsync(store.WithPrefix("a/"));
        byte[] elements = new byte[array.ByteCount];
        await array.ReadAsync(elements);

        // Rows in any order: each chunk that they lie in is read once.
        long[] rows = new long[3];
        await array.ReadSelectionAsync<long>(rows, ArraySelection.Rows(15, 3, 4));

        Assert.That(rows, Is.EqualTo(new long[] { 15, 3, 4 }));
        Assert.That(MemoryMarshal.Cast<byte, long>(elements).ToArray(), Is.EqualTo(Enumerable.Range(0, 16).Select(value => (long)value)));
        Assert.That(await store.ListAsync(KeyRange.Prefix("a/")).CountAsync(), Is.GreaterThan(1));
    }

    [Test]
    public async Task Writes_a_database_and_an_array_in_it()
    {
        OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore("my.ocdbt"), new OcdbtOptions { Mode = OcdbtOpenMode.OpenOrCreate });
        await store.WriteAsync("greeting", "hello");

        ZarrArray array = await ZarrArray.CreateAsync(store.WithPrefix("weights/"), new ArrayCreateOptions
        {
            Shape = [1000, 100],
            DataType = DataType.Parse("float32"),
            ChunkShape = [250, 100],
            Codecs = [ZarrCodec.Zstd()],
        });
        await array.WriteAsync(new byte[array.ByteCount]);

        // All of a transaction takes effect, or nothing, and the version before it can still be read.
        OcdbtVersion before = store.Version!;
        await using OcdbtTransaction transaction = store.BeginTransaction();
        await transaction.WriteAsync("greeting", "goodbye");
        await transaction.DeleteAsync("weights/zarr.json");
        bool committed = await transaction.CommitAsync();

        OcdbtStore old = await OcdbtStore.OpenAsync(new FileKvStore("my.ocdbt"), new OcdbtOptions { Version = VersionSpec.OfGeneration(before.Generation) });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(committed);
            Assert.That((await store.ReadAsync("greeting")).Value.ToArray(), Is.EqualTo("goodbye"u8.ToArray()));
            Assert.That((await store.StatAsync("weights/zarr.json")).HasValue, Is.False);
            Assert.That((await old.ReadAsync("greeting")).Value.ToArray(), Is.EqualTo("hello"u8.ToArray()));
        }
    }
}
