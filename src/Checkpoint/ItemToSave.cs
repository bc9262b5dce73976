using System.Text.Json;
using OcdbtSharp.Checkpoint.Save;

namespace OcdbtSharp.Checkpoint;

/// <summary>
/// An item of a step to save. Those that Orbax knows are made by the methods of this class; a type of your own derives from it, and writes what it likes
/// into the folder of the item.
/// </summary>
public abstract class ItemToSave
{
    /// <summary>A tree, saved as by Orbax's <c>PyTreeSave</c>.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="options">How it is stored; null for Orbax's defaults, which in its v1 API are zarr v3.</param>
    public static ItemToSave Tree(PyTree tree, SaveOptions? options = null) => new TreeItem(tree, options, "orbax.checkpoint._src.handlers.pytree_checkpoint_handler.PyTreeCheckpointHandler");

    /// <summary>A tree, saved as by Orbax's <c>StandardSave</c>.</summary>
    /// <inheritdoc cref="Tree"/>
    /// <exception cref="ArgumentException">The tree is a single leaf, or holds text: Orbax saves neither so.</exception>
    public static ItemToSave Standard(PyTree tree, SaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return FitsStandard(tree)
            ? new TreeItem(tree, options, "orbax.checkpoint._src.handlers.standard_checkpoint_handler.StandardCheckpointHandler")
            : throw new ArgumentException("StandardSave takes no text, and no tree that is a single leaf: save it as a tree.", nameof(tree));
    }

    /// <summary>A tree, saved as by <c>StandardSave</c> where Orbax can, and as by <c>PyTreeSave</c> where it cannot.</summary>
    internal static ItemToSave StandardOrTree(PyTree tree, SaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return FitsStandard(tree) ? Standard(tree, options) : Tree(tree, options);
    }

    private static bool FitsStandard(PyTree tree) => tree.Leaves().All(leaf => leaf.Path.Length > 0 && leaf.Text is null);

    /// <summary>A JSON value.</summary>
    public static ItemToSave Json(JsonElement value) => new JsonItem(value);

    /// <summary>One array.</summary>
    public static ItemToSave Array(ArrayValue value) => new ArrayItem(value);

    /// <summary>A random key of JAX.</summary>
    /// <param name="key">The numbers of the key.</param>
    /// <param name="isTyped">Whether it is restored as a key; otherwise as the numbers.</param>
    public static ItemToSave JaxRandomKey(ArrayValue key, bool isTyped = true) => RandomKeyItem.Jax(key, isTyped);

    /// <summary>The state of a random generator of NumPy: a tuple of the legacy form, or a dictionary.</summary>
    public static ItemToSave NumPyRandomKey(PyTree state) => RandomKeyItem.NumPy(state);

    /// <summary>The class of Orbax, or of your own, that restores the item; it is recorded. Null where there is none.</summary>
    /// <param name="isV1">Whether the step is saved as by Orbax's v1 API.</param>
    protected internal abstract string? HandlerName(bool isV1);

    /// <summary>Writes what this process has of the item. Called once in every process; nothing that is written is visible before the step is finished.</summary>
    /// <param name="context">Where, and with whom.</param>
    /// <param name="cancellationToken">Gives up.</param>
    protected internal abstract Task WriteAsync(ItemSaveContext context, CancellationToken cancellationToken);

    /// <summary>Puts together what all processes have written. Called in the first process, when all have finished.</summary>
    /// <inheritdoc cref="WriteAsync"/>
    protected internal virtual Task FinishAsync(ItemSaveContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The same item with values that do not change when the caller goes on.</summary>
    /// <param name="owned">Takes the memory of the copies, which is freed when the save has finished.</param>
    protected internal virtual ItemToSave Copy(ICollection<IDisposable> owned) => this;
}
