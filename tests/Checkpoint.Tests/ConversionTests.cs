using OcdbtSharp.Checkpoint.Tests.Save;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Conversion between layouts and formats, there and back.</summary>
public sealed class ConversionTests
{
    private static readonly string[] _layouts = ["zarr2", "zarr3", "folders", "raw", "v1", "chunks"];

    private static string Model => Path.Combine(GoldenCase.Root, "orbax", "item-zarr2-ocdbt-zstd", "data");

    [Test]
    public async Task Every_layout_of_Orbax_keeps_every_leaf([ValueSource(nameof(_layouts))] string layout)
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "item-zarr2-ocdbt-zstd", "sharded-mesh-zarr3", "tree-shapes", "tree-rich-types", "prng-keys", "items-all-handlers", "flax-msgpack", "release-0.4-default" })
        {
            string source = Path.Combine(GoldenCase.Root, "orbax", name, "data");
            string destination = folder.Combine(name);
            await CheckpointConversion.RunAsync(source, destination, Options(layout));
            OrbaxCheckpoint before = await OrbaxCheckpoint.OpenAsync(source);
            before = before.Kind == CheckpointKind.Root ? await before.OpenStepAsync() : before;
            OrbaxCheckpoint after = await OrbaxCheckpoint.OpenAsync(destination);
            if (before.Kind == CheckpointKind.Step)
            {
                await FolderComparison.CompareLeavesAsync(before, after);
            }
            else
            {
                CheckpointItem item = await after.OpenItemAsync();
                await FolderComparison.CompareLeavesAsync(await before.OpenItemAsync(), item);
                Assert.That(item.UsesZarr3, Is.EqualTo(layout is "zarr3" or "v1"));
                Assert.That(item.UsesOcdbt, Is.EqualTo(layout != "folders"));
            }
        }
    }

    [TestCase("x.safetensors")]
    [TestCase("x.npz")]
    [TestCase("x.npy")]
    [TestCase("x.zarr")]
    public async Task Other_formats_keep_every_array(string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.Combine(name);
        ConversionOptions options = new() { ConvertTypes = true, Exclude = ["params.out.kernel", "npscalar"], Save = new SaveOptions { UseZarr3 = true } };
        ConversionResult there = await CheckpointConversion.RunAsync(Model, path, options);
        string back = folder.Combine("back");
        ConversionResult result = await CheckpointConversion.RunAsync(path, back);
        Assert.That(result.Arrays, Is.EqualTo(there.Arrays).And.EqualTo(6));
        CheckpointItem original = await (await OrbaxCheckpoint.OpenAsync(Model)).OpenItemAsync();
        CheckpointItem returned = await (await OrbaxCheckpoint.OpenAsync(back)).OpenItemAsync();
        using RestoredTree values = await returned.RestoreAsync();
        foreach (RestoredLeaf leaf in values.Leaves)
        {
            // A zarr group has slashes where Orbax has dots; both stand for the path.
            using RestoredLeaf expected = await original.Find(leaf.Leaf.Name.Replace('/', '.'))!.RestoreAsync();
            Assert.That(leaf.DataType, Is.EqualTo(expected.DataType), leaf.Leaf.Name);
            Assert.That(leaf.Shape, Is.EqualTo(expected.Shape), leaf.Leaf.Name);
            Assert.That(leaf.AsMemory(0, (int)leaf.ByteLength).ToArray(), Is.EqualTo(expected.AsMemory(0, (int)expected.ByteLength).ToArray()), leaf.Leaf.Name);
        }
    }

    [Test]
    public async Task Safetensors_keep_their_metadata_and_a_tensor_without_a_name()
    {
        using TemporaryFolder folder = new();
        const string Json = """{"__metadata__":{"format":"pt"},"":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a.b":{"dtype":"U8","shape":[],"data_offsets":[2,3]}}""";
        string path = folder.Combine("x.safetensors");
        await File.WriteAllBytesAsync(path, [.. BitConverter.GetBytes((long)Json.Length), .. System.Text.Encoding.UTF8.GetBytes(Json), 1, 2, 3]);
        await CheckpointConversion.RunAsync(path, folder.Combine("copy.safetensors"));
        await CheckpointConversion.RunAsync(path, folder.Combine("checkpoint"));
        await CheckpointConversion.RunAsync(folder.Combine("checkpoint"), folder.Combine("back.safetensors"));
        foreach (string name in new[] { "copy", "back" })
        {
            CheckpointItem item = CheckpointConversion.TryOpenFile(folder.Combine(name + ".safetensors"))!;
            Assert.That(item.CustomMetadata!.Value.GetProperty("format").GetString(), Is.EqualTo("pt"), name);
            Assert.That(item.Leaves.Select(leaf => leaf.Name), Is.EquivalentTo(new[] { "", "a.b" }), name);
            using RestoredLeaf nameless = await item.Leaves.Single(leaf => leaf.Name.Length == 0).RestoreAsync();
            Assert.That(nameless.AsMemory(0, 2).ToArray(), Is.EqualTo(new byte[] { 1, 2 }), name);
        }
    }

    [Test]
    public async Task Safetensors_are_cut_into_files_with_an_index()
    {
        using TemporaryFolder folder = new();
        ConversionOptions options = new() { MaxFileBytes = 700 };
        await CheckpointConversion.RunAsync(Model, folder.Combine("model.safetensors"), options);
        string index = folder.Combine("model.safetensors.index.json");
        Assert.That(File.Exists(index));
        Assert.That(Directory.GetFiles(folder.Path, "model-*-of-*.safetensors"), Has.Length.GreaterThan(2));
        foreach (string source in new[] { index, folder.Path })
        {
            string back = Directory.CreateTempSubdirectory().FullName;
            try
            {
                await CheckpointConversion.RunAsync(source, Path.Combine(back, "x"));
                IReadOnlyList<LeafDifference> differences = await CheckpointComparison.CompareAsync(
                    await (await OrbaxCheckpoint.OpenAsync(Model)).OpenItemAsync(), await (await OrbaxCheckpoint.OpenAsync(Path.Combine(back, "x"))).OpenItemAsync());
                Assert.That(differences.Where(leaf => leaf.State != LeafDifferenceState.Equal).Select(leaf => leaf.Name), Is.EqualTo(new[] { "name" }), "only the text has no place");
            }
            finally
            {
                Directory.Delete(back, recursive: true);
            }
        }
    }

    [Test]
    public async Task Leaves_are_selected_renamed_and_converted()
    {
        using TemporaryFolder folder = new();
        ConversionOptions options = new()
        {
            Include = ["params.*", "step"],
            Exclude = ["*.bias"],
            Renames = [KeyValuePair.Create("params.*.kernel", "model.*.w"), KeyValuePair.Create("params.*", "never")],
            DataType = DataType.Parse("float16"),
        };
        await CheckpointConversion.RunAsync(Model, folder.Combine("x"), options);
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(folder.Combine("x"))).OpenItemAsync();
        Assert.That(item.Leaves.Select(leaf => leaf.Name), Is.EquivalentTo(["model.dense.w", "model.out.w", "step"]));
        Assert.That(item.Find("model.out.w")!.DataType!.Name, Is.EqualTo("float16"));
        Assert.That(item.Find("step")!.DataType!.Name, Is.EqualTo("int64"));
        Assert.That(item.Find("model.dense.w")!.Path, Has.Count.EqualTo(3));
        using RestoredLeaf half = await item.Find("model.dense.w")!.RestoreAsync();
        using RestoredLeaf full = await (await (await OrbaxCheckpoint.OpenAsync(Model)).OpenItemAsync()).Find("params.dense.kernel")!.RestoreAsync();
        Assert.That(half.AsSpan<Half>().ToArray(), Is.EqualTo(full.AsSpan<float>().ToArray().Select(value => (Half)value)));
        Assert.That(
            () => CheckpointConversion.RunAsync(Model, folder.Combine("y"), new ConversionOptions { Renames = [KeyValuePair.Create("*", "same")] }),
            Throws.ArgumentException.With.Message.Contains("would both be named 'same'"));
    }

    [Test]
    public async Task What_is_there_is_replaced_only_when_asked()
    {
        using TemporaryFolder folder = new();
        await CheckpointConversion.RunAsync(Model, folder.Combine("x"));
        Assert.That(() => CheckpointConversion.RunAsync(Model, folder.Combine("x")), Throws.TypeOf<StorageException>());
        await CheckpointConversion.RunAsync(Model, folder.Combine("x"), new ConversionOptions { Overwrite = true, Include = ["step"] });
        Assert.That((await (await OrbaxCheckpoint.OpenAsync(folder.Combine("x"))).OpenItemAsync()).Leaves, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Several_processes_convert_what_one_does()
    {
        using TemporaryFolder folder = new();
        string source = Path.Combine(GoldenCase.Root, "orbax", "many-arrays", "data");
        await Task.WhenAll(Enumerable.Range(0, 3).Select(index => CheckpointConversion.RunAsync(source, folder.Combine("x"), new ConversionOptions
        {
            Processes = new ProcessGroup(index, 3) { PollInterval = TimeSpan.FromMilliseconds(2), Timeout = TimeSpan.FromMinutes(1) },
        })));
        await FolderComparison.CompareLeavesAsync(await OrbaxCheckpoint.OpenAsync(source), await OrbaxCheckpoint.OpenAsync(folder.Combine("x")));
        Assert.That(Directory.GetDirectories(folder.Combine("x"), "ocdbt.process_*"), Has.Length.EqualTo(3));
    }

    [Test]
    public async Task Differences_are_found_and_measured()
    {
        using TemporaryFolder folder = new();
        float[] values = [1, 2, float.NaN, 4];
        async Task<CheckpointItem> SaveAsync(string name, float[] elements, params KeyValuePair<string, PyTree>[] more)
        {
            byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(elements.AsSpan()).ToArray();
            ArrayValue array = new(DataType.Parse("float32"), [elements.Length], (ReadOnlyMemory<byte>)bytes);
            await CheckpointWriter.SaveAsync(folder.Combine(name), PyTree.Dict([KeyValuePair.Create("w", (PyTree)array), .. more]));
            return await (await OrbaxCheckpoint.OpenAsync(folder.Combine(name))).OpenItemAsync();
        }

        CheckpointItem first = await SaveAsync("a", values, KeyValuePair.Create("text", (PyTree)"x"), KeyValuePair.Create("n", (PyTree)1), KeyValuePair.Create("gone", (PyTree)true));
        CheckpointItem second = await SaveAsync("b", [1, 2.5f, float.NaN, 4], KeyValuePair.Create("text", (PyTree)"y"), KeyValuePair.Create("n", (PyTree)1), KeyValuePair.Create("new", (PyTree)true));
        IReadOnlyList<LeafDifference> exact = await CheckpointComparison.CompareAsync(first, second);
        Assert.That(exact.Select(leaf => (leaf.Name, leaf.State)), Is.EquivalentTo(new[]
        {
            ("w", LeafDifferenceState.Different), ("text", LeafDifferenceState.Unlike), ("n", LeafDifferenceState.Equal),
            ("gone", LeafDifferenceState.OnlyInFirst), ("new", LeafDifferenceState.OnlyInSecond),
        }));
        LeafDifference w = exact.Single(leaf => leaf.Name == "w");
        Assert.That((w.Different, w.Elements, w.Largest), Is.EqualTo((1L, 4L, 0.5)));
        IReadOnlyList<LeafDifference> tolerant = await CheckpointComparison.CompareAsync(first, second, relativeTolerance: 0.2);
        Assert.That(tolerant.Single(leaf => leaf.Name == "w").State, Is.EqualTo(LeafDifferenceState.Close));
        CheckpointItem third = await SaveAsync("c", [1, 2, 3, 4]);
        Assert.That((await CheckpointComparison.CompareAsync(first, third, absoluteTolerance: 100))[^1].Largest, Is.NaN.Or.Zero);
    }

    [Test]
    public async Task Every_golden_checkpoint_is_whole()
    {
        foreach (TestCaseData test in GoldenCase.Family("orbax"))
        {
            GoldenCase golden = (GoldenCase)test.Arguments[0]!;
            CheckpointVerification result = await CheckpointVerification.RunAsync(await OrbaxCheckpoint.OpenAsync(golden.Data));
            Assert.That(result.Faults, Is.Empty, golden.Name);
        }
    }

    [Test]
    public async Task A_fault_in_one_leaf_does_not_hide_another()
    {
        using TemporaryFolder folder = new();
        await CheckpointConversion.RunAsync(Model, folder.Combine("x"), Options("folders"));
        File.Delete(folder.Combine("x", "params.dense.kernel", "0.0"));
        File.WriteAllText(folder.Combine("x", "params.out.bias", "0"), "no zstd");
        CheckpointVerification result = await CheckpointVerification.RunAsync(await OrbaxCheckpoint.OpenAsync(folder.Combine("x")));
        Assert.That(result.Faults.Select(fault => fault.Location), Has.Some.Contains("params.dense.kernel").And.Some.Contains("params.out.bias"));
        Assert.That(result.Faults, Has.Count.EqualTo(2));
    }

    private static ConversionOptions Options(string layout) => new()
    {
        UseV1 = layout == "v1",
        Save = new SaveOptions
        {
            UseZarr3 = layout is "zarr3" or "v1",
            UseOcdbt = layout != "folders",
            UseCompression = layout != "raw",
            ChunkByteSize = layout == "chunks" ? 100 : null,
        },
    };
}
