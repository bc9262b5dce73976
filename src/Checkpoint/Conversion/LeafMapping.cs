using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Conversion;

/// <summary>Selects, renames and converts the leaves of an item.</summary>
internal sealed class LeafMapping(ConversionOptions options)
{
    private readonly RestoreOptions _selection = new() { Include = options.Include, Exclude = options.Exclude };

    private bool ChangesNothing => options is { Include: null or [], Exclude: null or [], Renames: [], DataType: null };

    /// <summary>The item that is left.</summary>
    /// <exception cref="ArgumentException">No leaf is left, or two have the same name.</exception>
    public CheckpointItem Apply(CheckpointItem item)
    {
        if (ChangesNothing || item.Leaves.Count == 0)
        {
            return item;
        }

        List<CheckpointLeaf> leaves = [];
        Dictionary<string, string> sources = new(StringComparer.Ordinal);
        foreach (CheckpointLeaf leaf in item.Leaves.Where(_selection.Selects))
        {
            CheckpointLeaf mapped = Map(leaf);
            if (!sources.TryAdd(mapped.Name, leaf.Name))
            {
                throw new ArgumentException($"'{sources[mapped.Name]}' and '{leaf.Name}' would both be named '{mapped.Name}'.");
            }

            leaves.Add(mapped);
        }

        if (leaves.Count == 0)
        {
            throw new ArgumentException($"The patterns leave nothing of {item.Location}.");
        }

        bool keepsTree = options is { Include: null or [], Exclude: null or [], Renames: [] };
        return new CheckpointItem(item.Store, item.Kind, item.Name, leaves)
        {
            Json = item.Json,
            CustomMetadata = item.CustomMetadata,
            UsesOcdbt = item.UsesOcdbt,
            UsesZarr3 = item.UsesZarr3,
            RichTree = keepsTree ? item.RichTree : null,
        };
    }

    /// <summary>The name of a leaf by the rules; the same where none fits.</summary>
    public string Rename(string name)
    {
        foreach ((string from, string to) in options.Renames)
        {
            if (TryRename(name, from, to) is { } renamed)
            {
                return renamed;
            }
        }

        return name;
    }

    private static string? TryRename(string name, string from, string to)
    {
        int star = from.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return name == from ? to : null;
        }

        string before = from[..star];
        string after = from[(star + 1)..];
        return name.Length >= before.Length + after.Length
            && name.StartsWith(before, StringComparison.Ordinal) && name.EndsWith(after, StringComparison.Ordinal)
                ? to.Replace("*", name[before.Length..(name.Length - after.Length)], StringComparison.Ordinal)
                : null;
    }

    private CheckpointLeaf Map(CheckpointLeaf leaf)
    {
        string name = Rename(leaf.Name);
        DataType? type = leaf.DataType is { Kind: DataTypeKind.FloatingPoint } && leaf.Kind == LeafKind.Array ? options.DataType ?? leaf.DataType : leaf.DataType;
        bool isCast = type is not null && !type.Equals(leaf.DataType);
        if (name == leaf.Name && !isCast)
        {
            return leaf;
        }

        return new CheckpointLeaf(name == leaf.Name ? [.. leaf.Path] : LeafNames.Split(name), name, leaf.Kind, leaf.TypeName)
        {
            DataType = type,
            Shape = leaf.Shape,
            ChunkShape = leaf.ChunkShape,
            WriteShape = leaf.WriteShape,
            KeyImplementation = leaf.KeyImplementation,
            Text = leaf.Text,
            StoredBytes = leaf.StoredBytes,
            LogicalBytes = isCast ? leaf.LogicalBytes / leaf.DataType!.Size * type!.Size : leaf.LogicalBytes,
            Source = isCast ? new ConvertedLeafSource(leaf.Source!, leaf.DataType!, type!) : leaf.Source,
        };
    }
}
