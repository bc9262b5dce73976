using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Items and steps beyond those of the golden data: odd keys, deep and empty trees, keys of every generator, names of every sort.</summary>
public sealed class VariationTests
{
    private MemoryKvStore _store = new();

    [SetUp]
    public void NewStore() => _store = new MemoryKvStore();

    [TestCase("a.b")]
    [TestCase("a/b")]
    [TestCase("")]
    [TestCase(" ")]
    [TestCase("%2F")]
    [TestCase("a%b")]
    [TestCase("~1~0")]
    [TestCase("ünï'\"cödé")]
    [TestCase("日本語/🙂")]
    [TestCase("*")]
    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("_METADATA")]
    [TestCase("checkpoint")]
    [TestCase("metadata")]
    [TestCase("zarr.json")]
    public async Task Keys_may_hold_anything(string key)
    {
        ItemFiles files = new(_store);
        await files.AddAsync(["first", key], [1, 2]);
        await files.AddAsync(["second", key, key], [3]);
        CheckpointItem item = await files.OpenAsync();
        using RestoredTree tree = await item.RestoreAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(item.Leaves.Select(leaf => leaf.Path.Select(part => part.Name)), Is.EqualTo(new[] { new[] { "first", key }, ["second", key, key] }));
            Assert.That(tree[$"first.{key}"].AsSpan<int>().ToArray(), Is.EqualTo(new[] { 1, 2 }));
            Assert.That(tree[$"second.{key}.{key}"].AsSpan<int>().ToArray(), Is.EqualTo(new[] { 3 }));
            Assert.That(item.Tree.Child("second")!.Child(key)!.Child(key)!.Leaf, Is.SameAs(item.Leaves[1]));
        }

        using RestoredTree part = await item.RestoreAsync(new RestoreOptions { Subtree = ["second", key] });
        Assert.That(part.Leaves.Single().Leaf, Is.SameAs(item.Leaves[1]));
    }

    [Test]
    public async Task Keys_at_the_top_may_be_named_as_files_of_the_layout([Values("metadata", "array_metadatas", "d", "params", "1")] string key)
    {
        ItemFiles files = new(_store);
        await files.AddAsync([key, "w"], [7]);
        CheckpointItem item = await files.OpenAsync();
        using RestoredTree tree = await item.RestoreAsync();
        Assert.That(tree[key + ".w"].AsSpan<int>().ToArray(), Is.EqualTo(new[] { 7 }));
    }

    [Test]
    public async Task Sequences_keep_their_order_and_integer_keys_stay_keys()
    {
        ItemFiles files = new(_store);
        foreach (int index in new[] { 10, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8 })
        {
            await files.AddAsync(["list", index], [index]);
            await files.AddAsync(["dict", $"{index}"], [index]);
        }

        CheckpointItem item = await files.OpenAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(item.Tree.Child("list")!.Kind, Is.EqualTo(PyTreeNodeKind.List));
            Assert.That(item.Tree.Child("list")!.Children.Select(child => child.Key.Name), Is.EqualTo(Enumerable.Range(0, 11).Select(index => $"{index}")));
            Assert.That(item.Tree.Child("dict")!.Kind, Is.EqualTo(PyTreeNodeKind.Dict));
        }
    }

    [Test]
    public async Task A_list_may_be_the_root()
    {
        ItemFiles files = new(_store);
        await files.AddAsync([0], [1]);
        await files.AddAsync([1, "x"], [2]);
        CheckpointItem item = await files.OpenAsync();
        Assert.That(item.Tree.Kind, Is.EqualTo(PyTreeNodeKind.List));
        Assert.That(item.Find("1.x")!.Path[0], Is.EqualTo(TreeKey.Index(1)));
    }

    [Test]
    public async Task A_leaf_may_be_the_whole_tree()
    {
        ItemFiles files = new(_store);
        await files.AddAsync([], [5, 6]);
        CheckpointItem item = await files.OpenAsync();
        using RestoredTree tree = await item.RestoreAsync();
        Assert.That(tree[""].AsSpan<int>().ToArray(), Is.EqualTo(new[] { 5, 6 }));
        Assert.That(item.Tree.Leaf, Is.SameAs(item.Leaves.Single()));
    }

    [Test]
    public async Task A_tree_may_be_empty()
    {
        CheckpointItem item = await new ItemFiles(_store).OpenAsync();
        using RestoredTree tree = await item.RestoreAsync();
        Assert.That(tree.Leaves, Is.Empty);
        Assert.That(item.Tree.Children, Is.Empty);
    }

    [Test]
    public async Task Trees_may_be_deep_but_not_without_end([Values(1000, 2000)] int depth)
    {
        ItemFiles files = new(_store);
        object[] path = [.. Enumerable.Repeat<object>("k", depth)];
        await files.AddAsync(path, [1]);
        CheckpointItem item = await files.OpenAsync();
        Assert.That(item.Tree.Leaves().Single().Path, Has.Count.EqualTo(depth));

        ItemFiles deeper = new(_store);
        deeper.AddEntry([.. Enumerable.Repeat<object>("k", 100_000)], "None");
        CheckpointItem damaged = await deeper.OpenAsync();
        Assert.That(() => damaged.Tree, Throws.TypeOf<CorruptDataException>());
    }

    [TestCase("threefry2x32", 2)]
    [TestCase("rbg", 4)]
    [TestCase("unsafe_rbg", 4)]
    [TestCase("of_a_later_release", 3)]
    public async Task Random_keys_are_of_any_implementation(string implementation, int words)
    {
        ItemFiles files = new(_store);
        await files.AddAsync(["key"], [.. Enumerable.Range(0, words)], keyImplementation: implementation);
        await files.AddAsync(["data"], [1]);
        CheckpointItem item = await files.OpenAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(item.Find("key")!.Kind, Is.EqualTo(LeafKind.PrngKey));
            Assert.That(item.Find("key")!.KeyImplementation, Is.EqualTo(implementation));
            Assert.That(item.Find("data")!.Kind, Is.EqualTo(LeafKind.Array));
        }
    }

    [Test]
    public async Task Types_of_handlers_that_are_not_known_are_arrays()
    {
        ItemFiles files = new(_store);
        await files.AddAsync(["x"], [1], "my.Type");
        await files.AddAsync(["n"], [2], "scalar");
        files.AddEntry(["none"], "None");
        files.AddEntry(["tuple"], "NamedTuple");
        CheckpointItem item = await files.OpenAsync();
        using RestoredTree tree = await item.RestoreAsync();
        Assert.That(
            tree.Leaves.Select(leaf => (leaf.Leaf.Kind, leaf.Leaf.TypeName)),
            Is.EqualTo(new[] { (LeafKind.Array, "my.Type"), (LeafKind.Scalar, "scalar"), (LeafKind.None, "None"), (LeafKind.Empty, "NamedTuple") }));
    }

    [Test]
    public async Task An_array_that_the_tree_names_must_be_there()
    {
        ItemFiles files = new(_store);
        files.AddEntry(["w"], "jax.Array");
        Assert.That(() => files.OpenAsync(), Throws.TypeOf<StorageException>().With.Message.Contains("'w'"));
        await _store.WriteAsync("w/zarr.json", """{"zarr_format": 3, "node_type": "group"}""");
        Assert.That(() => files.OpenAsync(), Throws.TypeOf<StorageException>().With.Message.Contains("group"));
    }

    [Test]
    public async Task Without_metadata_the_tree_comes_from_the_names()
    {
        ItemFiles files = new(_store, "0/default/");
        await files.AddArrayAsync("params.dense.kernel", [1]);
        await files.AddArrayAsync("params.dense.bias", [2]);
        await files.AddArrayAsync("step", [3]);
        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(_store);
        CheckpointItem item = await root.OpenItemAsync();
        using RestoredTree tree = await item.RestoreAsync(new RestoreOptions { Include = ["params.*"] });
        Assert.That(root.Kind, Is.EqualTo(CheckpointKind.Root));
        Assert.That(tree.Leaves.Select(leaf => leaf.Leaf.Name), Is.EqualTo(new[] { "params.dense.bias", "params.dense.kernel" }));
        Assert.That(item.Tree.Child("params")!.Child("dense")!.Child("kernel")!.Leaf, Is.Not.Null);
    }

    [Test]
    public async Task Numbers_that_are_not_JSON_are_text()
    {
        await _store.WriteAsync("1/metrics/metrics", """{"loss": NaN, "best": -Infinity, "text": "NaN, Infinity and \"NaN\"", "steps": [1, Infinity]}""");
        await _store.WriteAsync("1/_CHECKPOINT_METADATA", """{"item_handlers": {"default": "x", "metrics": "y"}, "custom_metadata": {"lr": NaN}}""");
        ItemFiles files = new(_store, "1/default/");
        await files.OpenAsync();
        OrbaxCheckpoint step = await (await OrbaxCheckpoint.OpenAsync(_store)).OpenStepAsync();
        JsonElement metrics = (await step.ReadMetricsAsync())!.Value;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(metrics.GetProperty("loss").GetString(), Is.EqualTo("NaN"));
            Assert.That(metrics.GetProperty("best").GetString(), Is.EqualTo("-Infinity"));
            Assert.That(metrics.GetProperty("text").GetString(), Is.EqualTo("NaN, Infinity and \"NaN\""));
            Assert.That(metrics.GetProperty("steps")[1].GetString(), Is.EqualTo("Infinity"));
            Assert.That(step.Metadata!.CustomMetadata.GetProperty("lr").GetString(), Is.EqualTo("NaN"));
            Assert.That((await step.OpenItemAsync()).Name, Is.EqualTo("default"));
        }
    }

    [Test]
    public async Task A_step_may_have_an_item_that_describes_another()
    {
        await new ItemFiles(_store, "5/model/").OpenAsync();
        await _store.WriteAsync("5/model_metadata/metadata", """{"vocabulary": 3}""");
        OrbaxCheckpoint step = await (await OrbaxCheckpoint.OpenAsync(_store)).OpenStepAsync(5);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(step.Kind, Is.EqualTo(CheckpointKind.Step));
            Assert.That(step.ItemNames, Is.EqualTo(new[] { "model", "model_metadata" }));
            Assert.That((await step.OpenItemAsync("model_metadata")).Json.GetProperty("vocabulary").GetInt32(), Is.EqualTo(3));
        }
    }

    [TestCase("jax_random_key", """{"typed": true}""", ItemKind.JaxRandomKey)]
    [TestCase("my_key", """{"typed": false}""", ItemKind.JaxRandomKey)]
    [TestCase("np_random_key", """{"legacy": true}""", ItemKind.NumpyRandomKey)]
    public async Task A_random_key_may_be_saved_on_its_own(string name, string metadata, ItemKind kind)
    {
        ItemFiles files = new(_store, name + "/");
        await files.AddAsync(["checkpoint"], [1, 2]);
        await files.OpenAsync();
        await _store.WriteAsync(name + "_metadata/metadata", metadata);
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(_store);
        CheckpointItem item = await checkpoint.OpenItemAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(checkpoint.Kind, Is.EqualTo(CheckpointKind.Item));
            Assert.That(item.Kind, Is.EqualTo(kind));
            Assert.That(item.Leaves.Single().Kind, Is.EqualTo(metadata.Contains("true", StringComparison.Ordinal) && kind == ItemKind.JaxRandomKey ? LeafKind.PrngKey : LeafKind.Array));
        }
    }

    [Test]
    public async Task Item_names_may_hold_anything([Values("my item", "a.b", "ü", "train_state-v2", "0")] string name)
    {
        ItemFiles files = new(_store, $"run_7/{name}/");
        await files.AddAsync(["w"], [1]);
        await files.OpenAsync();
        await _store.WriteAsync("run_7/_CHECKPOINT_METADATA", """{"item_handlers": null}""");
        OrbaxCheckpoint step = await (await OrbaxCheckpoint.OpenAsync(_store)).OpenStepAsync(7);
        Assert.That(step.ItemNames, Is.EqualTo(new[] { name }));
        Assert.That((await step.OpenItemAsync()).Leaves, Has.Count.EqualTo(1));
    }

    [TestCase("pytree")]
    [TestCase("state")]
    [TestCase("default")]
    public async Task The_item_of_the_default_name_is_meant(string name)
    {
        await new ItemFiles(_store, $"{name}/").OpenAsync();
        await new ItemFiles(_store, "other/").OpenAsync();
        await _store.WriteAsync("_CHECKPOINT_METADATA", """{"item_handlers": {"other": "x"}}""");
        Assert.That((await (await OrbaxCheckpoint.OpenAsync(_store)).OpenItemAsync()).Name, Is.EqualTo(name));
    }

    [TestCase("5", "0012", "run_3", "my-run.v2_00000007")]
    [TestCase("a_b_1", "a_b_20")]
    public async Task Steps_may_be_named_in_every_way(params string[] names)
    {
        foreach (string name in names)
        {
            await new ItemFiles(_store, $"{name}/default/").OpenAsync();
        }

        await _store.WriteAsync("readme.txt", "x");
        await _store.WriteAsync("metadata/_ROOT_METADATA", """{"custom_metadata": {"a": 1}}""");
        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(_store);
        Assert.That(root.Steps.Select(step => step.Name), Is.EquivalentTo(names));
        Assert.That(root.Steps.Select(step => step.Step), Is.Ordered);
        Assert.That(root.RootMetadata!.Value.GetProperty("a").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task Steps_of_one_number_are_told_apart_by_name()
    {
        await new ItemFiles(_store, "5/a/").OpenAsync();
        await new ItemFiles(_store, "step_5/b/").OpenAsync();
        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(_store);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(root.Steps, Is.EqualTo(new[] { new StepInfo(5, "5"), new StepInfo(5, "step_5") }));
            Assert.That((await root.OpenStepAsync(root.Steps[0])).ItemNames, Is.EqualTo(new[] { "a" }));
            Assert.That((await root.OpenStepAsync(5)).ItemNames, Is.EqualTo(new[] { "b" }));
            Assert.That(() => root.OpenStepAsync(new StepInfo(6, "6")), Throws.ArgumentException);
        }
    }

    [Test]
    public async Task A_root_may_have_no_step_yet()
    {
        await _store.WriteAsync("metadata/_ROOT_METADATA", "{}");
        OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(_store);
        Assert.That(root.Kind, Is.EqualTo(CheckpointKind.Root));
        Assert.That(root.LatestStep, Is.Null);
        Assert.That(() => root.OpenItemAsync(), Throws.ArgumentException.With.Message.Contains("no finished step"));
    }
}
