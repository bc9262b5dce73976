using System.Text.Json;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>An item of a step: its leaves with their types, shapes and sizes, or its JSON value. The values of leaves are read by restoring them.</summary>
public sealed class CheckpointItem
{
    private readonly Lazy<PyTreeNode> _tree;
    private readonly Lazy<Dictionary<string, CheckpointLeaf>> _byName;

    internal CheckpointItem(IKvStore store, ItemKind kind, string? name, IReadOnlyList<CheckpointLeaf> leaves)
    {
        Store = store;
        Kind = kind;
        Name = name;
        Leaves = leaves;
        _tree = new Lazy<PyTreeNode>(BuildTree);
        _byName = new Lazy<Dictionary<string, CheckpointLeaf>>(IndexByName);
    }

    /// <summary>What the item is.</summary>
    public ItemKind Kind { get; }

    /// <summary>The name of the item in its step; null where it was saved on its own.</summary>
    public string? Name { get; }

    /// <summary>Where the item lies: a path or URL.</summary>
    public string Location => Store.Describe(Key.Empty);

    /// <summary>The leaves in the order in which they are recorded; none for a JSON item.</summary>
    public IReadOnlyList<CheckpointLeaf> Leaves { get; }

    /// <summary>The leaves as a tree.</summary>
    /// <exception cref="CorruptDataException">The item records its tuples in JSON that cannot be read, or a path that is too long.</exception>
    public PyTreeNode Tree => _tree.Value;

    /// <summary>The value of a JSON item, or the metrics. <c>NaN</c> and infinities, which are not JSON, are strings. Undefined for every other item.</summary>
    public JsonElement Json { get; internal init; }

    /// <summary>What the user gave for the tree; null where nothing.</summary>
    public JsonElement? CustomMetadata { get; internal init; }

    /// <summary>Whether the arrays lie in an OCDBT database.</summary>
    public bool UsesOcdbt { get; internal init; }

    /// <summary>Whether the arrays are zarr v3; otherwise v2, or not zarr at all.</summary>
    public bool UsesZarr3 { get; internal init; }

    /// <summary>The folder of the item, for what a handler of your own has saved in it.</summary>
    public IKvStore Store { get; }

    /// <summary>The tree with tuples and named tuples as JSON text; null where it was not recorded.</summary>
    internal string? RichTree { get; init; }

    /// <summary>The leaf with this name; null where there is none.</summary>
    /// <param name="name">The keys of its path with dots between them.</param>
    public CheckpointLeaf? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _byName.Value.GetValueOrDefault(name);
    }

    /// <summary>Restores the leaves, or those that are selected.</summary>
    /// <param name="options">Which leaves, and at what cost; null for all.</param>
    /// <param name="cancellationToken">Gives up, and frees what was restored.</param>
    /// <exception cref="CorruptDataException">An array is damaged, or a part of it is missing.</exception>
    /// <exception cref="UnsupportedFormatException">An array has a codec or a type that is not supported.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public Task<RestoredTree> RestoreAsync(RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new RestoreOptions();
        return RestoreOperation.RunAsync([.. Leaves.Where(options.Selects).Select(LeafRead.Whole)], options, null, cancellationToken);
    }

    /// <summary>Restores the leaves of a target, in its shapes and types, and only its regions.</summary>
    /// <param name="target">What is wanted.</param>
    /// <param name="options">At what cost; null for the defaults. What they select does not count: the target does.</param>
    /// <param name="cancellationToken">Gives up, and frees what was restored.</param>
    /// <exception cref="ArgumentException">The target does not fit; the message names every leaf that is missing, not wanted, or of another shape.</exception>
    /// <exception cref="CorruptDataException">An array is damaged, or a part of it is missing.</exception>
    /// <exception cref="UnsupportedFormatException">An array has a codec or a type that is not supported.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public Task<RestoredTree> RestoreAsync(RestoreTarget target, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        return RestoreOperation.RunAsync(RestoreTargets.Resolve(this, target), options ?? new RestoreOptions(), new ByteCounter(), cancellationToken);
    }

    /// <summary>How the arrays were laid out over devices when they were saved, by the names of leaves; empty where it was not recorded.</summary>
    /// <exception cref="CorruptDataException">The file <c>_sharding</c> is damaged.</exception>
    public async Task<IReadOnlyDictionary<string, ArraySharding>> ReadShardingsAsync(CancellationToken cancellationToken = default) =>
        await Store.ReadFileAsync(CheckpointLayout.ShardingFile, cancellationToken).ConfigureAwait(false) is { } utf8
            ? ArraySharding.DecodeFile(utf8, Store.Describe(CheckpointLayout.ShardingFile))
            : new Dictionary<string, ArraySharding>();

    private PyTreeNode BuildTree() =>
        (RichTree is null ? null : PyTreeBuilder.BuildRich(RichTree, Leaves, Store.Describe(CheckpointLayout.TreeMetadataFile)))
        ?? PyTreeBuilder.Build(Leaves, Location);

    private Dictionary<string, CheckpointLeaf> IndexByName()
    {
        Dictionary<string, CheckpointLeaf> byName = new(StringComparer.Ordinal);
        foreach (CheckpointLeaf leaf in Leaves)
        {
            byName.TryAdd(leaf.Name, leaf);
        }

        return byName;
    }
}
