namespace OcdbtSharp.Oracle.Tests.Trees;

/// <summary>Smaller cases, the smallest first: fewer nodes, then plainer leaves, then plainer options.</summary>
internal static class TreeShrinker
{
    /// <summary>Cases that are a step smaller.</summary>
    public static IEnumerable<TreeCase> Shrink(TreeCase value) =>
        Nodes(value.Tree).Select(tree => value with { Tree = tree })
            .Concat(Options(value.Options).Where(options => options != value.Options).Select(options => value with { Options = options }));

    private static IEnumerable<TreeNode> Nodes(TreeNode node)
    {
        if (!node.IsContainer)
        {
            return Leaf(node).Where(smaller => smaller.ToString() != node.ToString());
        }

        IEnumerable<TreeNode> containers = node.Children.Select(child => child.Node).Where(child => child.IsContainer && child.Children.Length > 0);
        IEnumerable<TreeNode> fewer = Enumerable.Range(0, node.Children.Length).Select(index => Without(node, index));
        IEnumerable<TreeNode> smaller = Enumerable.Range(0, node.Children.Length).SelectMany(index => Nodes(node.Children[index].Node).Select(child => With(node, index, child)));
        IEnumerable<TreeNode> plainer = node.Kind is NodeKind.Dict ? [] : [node with { Kind = NodeKind.Dict }];
        return containers.Concat(fewer).Concat(smaller).Concat(plainer);
    }

    private static TreeNode Without(TreeNode node, int index)
    {
        IEnumerable<(string Key, TreeNode Node)> left = node.Children.Where((_, at) => at != index);
        return node with { Children = node.Kind is NodeKind.List or NodeKind.Tuple ? [.. left.Select((child, at) => ($"{at}", child.Node))] : [.. left] };
    }

    private static TreeNode With(TreeNode node, int index, TreeNode child) =>
        node with { Children = [.. node.Children.Select((old, at) => at == index ? (old.Key, child) : old)] };

    private static IEnumerable<TreeNode> Leaf(TreeNode leaf)
    {
        if (!leaf.HasElements)
        {
            yield break;
        }

        yield return leaf with { Sharding = null };
        yield return leaf with { StoreAs = null };
        yield return leaf with { ChunkBytes = null };
        yield return leaf with { ShardAxes = [] };
        if (leaf.Kind is NodeKind.Jax or NodeKind.NumPy)
        {
            if (leaf.Sharding is null && leaf.ShardAxes.Length == 0)
            {
                int size = Zarr3.DataType.Parse(leaf.DataType).Size;
                for (int axis = 0; axis < leaf.Shape.Length; axis++)
                {
                    long[] shape = [.. leaf.Shape.Where((_, at) => at != axis)];
                    long bytes = shape.Aggregate((long)size, (product, extent) => product * extent);
                    if (bytes <= leaf.Bytes.Length)
                    {
                        yield return leaf with { Shape = shape, Bytes = leaf.Bytes[..(int)bytes] };
                    }
                }
            }

            yield return leaf with { Bytes = new byte[leaf.Bytes.Length] };
        }
    }

    private static IEnumerable<TreeOptions> Options(TreeOptions options)
    {
        yield return options with { Processes = 1 };
        yield return options with { Custom = null };
        yield return options with { PinnedHost = null };
        yield return options with { DataFileBytes = null };
        yield return options with { RichTypes = false };
        yield return options with { UseCompression = true };
        yield return options with { UseOcdbt = true };
        yield return options with { Api = options.Api == "composite" ? "pytree" : options.Api };
        yield return options with { UseZarr3 = false };
    }
}
