namespace OcdbtSharp.Oracle.Tests.Trees;

/// <summary>A random tree, and how it is saved.</summary>
internal sealed record TreeCase(TreeNode Tree, TreeOptions Options)
{
    /// <summary>The names under which arrays and texts are stored.</summary>
    public IEnumerable<string> StoredNames =>
        Tree.Leaves().Where(leaf => leaf.Leaf.HasElements || leaf.Leaf.Kind == NodeKind.Text).Select(leaf => string.Join('.', leaf.Path));

    /// <summary>The case as a failed property prints it.</summary>
    public override string ToString() => $"{Options}\n{Tree}";
}
