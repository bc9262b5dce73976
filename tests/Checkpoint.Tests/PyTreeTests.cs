using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Tests;

public sealed class PyTreeTests
{
    [Test]
    public void Lists_are_in_the_order_of_their_indices()
    {
        PyTreeNode tree = PyTreeBuilder.Build([.. new[] { 10, 2, 0, 1 }.Select(index => Leaf(TreeKey.Dict("l"), TreeKey.Index(index)))]);
        PyTreeNode list = tree.Child("l")!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(tree.Kind, Is.EqualTo(PyTreeNodeKind.Dict));
            Assert.That(list.Kind, Is.EqualTo(PyTreeNodeKind.List));
            Assert.That(list.Children.Select(child => child.Key.Name), Is.EqualTo(new[] { "0", "1", "2", "10" }));
            Assert.That(list.Child("7"), Is.Null);
        }
    }

    [Test]
    public void A_leaf_alone_is_the_tree()
    {
        PyTreeNode tree = PyTreeBuilder.Build([Leaf()]);
        Assert.That(tree.Leaf, Is.Not.Null);
        Assert.That(PyTreeBuilder.Build([]).Kind, Is.EqualTo(PyTreeNodeKind.Dict));
    }

    [Test]
    public void An_empty_container_gives_way_to_leaves_that_came_later([Values] bool emptyFirst)
    {
        CheckpointLeaf empty = new([TreeKey.Dict("a")], "a", LeafKind.Empty, "Dict");
        CheckpointLeaf below = Leaf(TreeKey.Dict("a"), TreeKey.Dict("b"));
        PyTreeNode tree = PyTreeBuilder.Build(emptyFirst ? [empty, below] : [below, empty]);
        Assert.That(tree.Leaves(), Is.EqualTo(new[] { below }));
    }

    [Test]
    public void Rich_types_keep_tuples_and_their_classes()
    {
        CheckpointLeaf[] leaves = [Leaf(TreeKey.Dict("t"), TreeKey.Index(0)), Leaf(TreeKey.Dict("n"), TreeKey.Dict("x")), Leaf(TreeKey.Dict("category"))];
        string rich =
            """
            {"t": {"category": "custom", "clazz": "tuple", "entries": [{"category": "custom", "clazz": "ValueMetadataEntry", "data": {}}]},
             "n": {"category": "namedtuple", "module": "my.mod", "clazz": "P", "entries": [{"key": "x", "value": {"category": "custom", "clazz": "ValueMetadataEntry", "data": {}}}]},
             "category": {"category": "custom", "clazz": "ValueMetadataEntry", "data": {}}}
            """;
        PyTreeNode tree = PyTreeBuilder.BuildRich(rich, leaves, "file")!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(tree.Child("t")!.Kind, Is.EqualTo(PyTreeNodeKind.Tuple));
            Assert.That(tree.Child("n")!.Kind, Is.EqualTo(PyTreeNodeKind.NamedTuple));
            Assert.That(tree.Child("n")!.ClassName, Is.EqualTo("P"));
            Assert.That(tree.Leaves(), Is.EqualTo(leaves));
        }
    }

    [TestCase("{")]
    [TestCase("""{"a": {"category": "namedtuple"}}""")]
    public void Damaged_rich_types_are_an_error(string rich) =>
        Assert.That(() => PyTreeBuilder.BuildRich(rich, [], "file"), Throws.TypeOf<CorruptDataException>());

    [TestCase("""{"a": 5}""")]
    [TestCase("""{"a": {"category": "custom", "clazz": "ValueMetadataEntry", "data": {}}}""")]
    public void Rich_types_that_do_not_fit_the_leaves_are_left_aside(string rich) =>
        Assert.That(PyTreeBuilder.BuildRich(rich, [], "file"), Is.Null);

    private static CheckpointLeaf Leaf(params TreeKey[] path) => new(path, LeafNames.Join(path), LeafKind.None, "None");
}
