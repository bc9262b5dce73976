using OcdbtSharp.Checkpoint.Save;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// Writes checkpoints that Orbax restores as its own. A checkpoint appears under its name when it is complete, in one step; what a crash leaves behind is
/// recognised as unfinished. Every process of a group makes the same call.
/// </summary>
public static class CheckpointWriter
{
    /// <summary>Saves a tree on its own: the path becomes an item. With the v1 API it becomes a step with the item <c>state</c>.</summary>
    /// <param name="path">The path of the checkpoint, which must not exist.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="options">How it is stored; null for Orbax's defaults.</param>
    /// <param name="writerOptions">How the checkpoint is written; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up; nothing is visible then.</param>
    /// <exception cref="ArgumentException">The tree cannot be saved; nothing was written.</exception>
    /// <exception cref="StorageException">There is something already, the storage failed, or another process did not finish in time.</exception>
    public static Task SaveAsync(
        string path, PyTree tree, SaveOptions? options = null, CheckpointWriterOptions? writerOptions = null, CancellationToken cancellationToken = default) =>
        SaveItemAsync(path, ItemToSave.Tree(tree, options), writerOptions, cancellationToken);

    /// <summary>Saves an item on its own. With the v1 API the path becomes a step with the item <c>state</c>.</summary>
    /// <inheritdoc cref="SaveAsync"/>
    /// <param name="path">The path of the checkpoint, which must not exist.</param>
    /// <param name="item">The item.</param>
    /// <param name="options">How the checkpoint is written; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up; nothing is visible then.</param>
    public static Task SaveItemAsync(string path, ItemToSave item, CheckpointWriterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(item);
        (IKvStore store, string name) = Split(path);
        return new StepWriter(store, name, Alone(item, options), options ?? new CheckpointWriterOptions()).RunAsync(cancellationToken);
    }

    /// <summary>Saves a step: one folder for each item.</summary>
    /// <inheritdoc cref="SaveAsync"/>
    /// <param name="path">The path of the step, which must not exist.</param>
    /// <param name="items">The items with their names.</param>
    /// <param name="options">How the step is written; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up; nothing is visible then.</param>
    public static Task SaveStepAsync(
        string path, IEnumerable<KeyValuePair<string, ItemToSave>> items, CheckpointWriterOptions? options = null, CancellationToken cancellationToken = default)
    {
        (IKvStore store, string name) = Split(path);
        return SaveStepAsync(store, name, items, options, cancellationToken);
    }

    /// <summary>Saves a step into a store.</summary>
    /// <inheritdoc cref="SaveStepAsync(string, IEnumerable{KeyValuePair{string, ItemToSave}}, CheckpointWriterOptions?, CancellationToken)"/>
    /// <param name="store">The store that the step is a folder of.</param>
    /// <param name="name">The name of the folder.</param>
    /// <param name="items">The items with their names.</param>
    /// <param name="options">How the step is written; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up; nothing is visible then.</param>
    public static Task SaveStepAsync(
        IKvStore store, string name, IEnumerable<KeyValuePair<string, ItemToSave>> items, CheckpointWriterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(items);
        return new StepWriter(store, name, Items(items), options ?? new CheckpointWriterOptions()).RunAsync(cancellationToken);
    }

    private static StepWriter.Item[] Alone(ItemToSave item, CheckpointWriterOptions? options) =>
        [new(options?.UseV1 == true ? CheckpointLayout.V1DefaultItemName : null, item)];

    private static StepWriter.Item[] Items(IEnumerable<KeyValuePair<string, ItemToSave>> items)
    {
        List<StepWriter.Item> list = [];
        foreach ((string name, ItemToSave item) in items)
        {
            ArgumentNullException.ThrowIfNull(item, nameof(items));
            if (name.Length == 0 || name is "." or ".." || name.Contains('/', StringComparison.Ordinal) || name.Contains(CheckpointLayout.TemporarySuffix, StringComparison.Ordinal))
            {
                throw new ArgumentException($"'{name}' is no name for an item: it names a folder.", nameof(items));
            }

            if (list.Exists(other => other.Name == name))
            {
                throw new ArgumentException($"The item '{name}' is there twice.", nameof(items));
            }

            list.Add(new StepWriter.Item(name, item));
        }

        return list.Count > 0 ? [.. list] : throw new ArgumentException("A step has at least one item.", nameof(items));
    }

    private static (IKvStore Store, string Name) Split(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string folder = Path.GetDirectoryName(full) ?? throw new ArgumentException($"{path} is no path of a checkpoint.", nameof(path));
        return (new FileKvStore(folder), Path.GetFileName(full));
    }
}
