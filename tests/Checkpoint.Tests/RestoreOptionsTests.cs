namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Which leaves the options of a restore select.</summary>
public sealed class RestoreOptionsTests
{
    [TestCase("params.*", "params.dense.kernel", true)]
    [TestCase("*.kernel", "params.dense.kernel", true)]
    [TestCase("*.kernel", "params.dense.kernels", false)]
    [TestCase("a?c", "abc", true)]
    [TestCase("a?c", "ABC", false)]
    [TestCase("*", "", true)]
    [TestCase("", "a", false)]
    [TestCase("*a*b*c", "xaxbbxbcc", true)]
    [TestCase("*a*b*c", "xaxcxb", false)]
    [TestCase("a\\*", "a\\b", true)]
    public void Patterns_select_by_name(string pattern, string name, bool expected)
    {
        CheckpointLeaf leaf = new(LeafNames.Split(name), name, LeafKind.None, "None");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new RestoreOptions { Include = [pattern] }.Selects(leaf), Is.EqualTo(expected));
            Assert.That(new RestoreOptions { Exclude = [pattern] }.Selects(leaf), Is.EqualTo(!expected));
        }
    }

    [Test]
    public void A_subtree_selects_by_path()
    {
        CheckpointLeaf leaf = new([TreeKey.Dict("a.b"), TreeKey.Index(0)], "a.b.0", LeafKind.None, "None");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new RestoreOptions { Subtree = ["a.b"] }.Selects(leaf));
            Assert.That(new RestoreOptions { Subtree = ["a.b", "0"] }.Selects(leaf));
            Assert.That(new RestoreOptions { Subtree = ["a"] }.Selects(leaf), Is.False);
            Assert.That(new RestoreOptions { Subtree = ["a.b", "0", "x"] }.Selects(leaf), Is.False);
        }
    }
}
