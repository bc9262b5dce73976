using System.Text.Json;
using OcdbtSharp.Checkpoint.Reading;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>A random key: an item that holds the key and one that says of which kind it is.</summary>
internal sealed class RandomKeyItem(string name, ItemToSave key, JsonElement kind, string handler) : ItemToSave
{
    private const string Module = "orbax.checkpoint._src.handlers.random_key_checkpoint_handler.";

    public static RandomKeyItem Jax(ArrayValue key, bool isTyped)
    {
        ArgumentNullException.ThrowIfNull(key);

        // The implementation is not recorded here, only that there is one.
        ArrayValue data = key.WithoutKeyImplementation();
        return new RandomKeyItem(
            CheckpointLayout.JaxRandomKeyName, new ArrayItem(data), Kind("typed", isTyped), Module + "JaxRandomKeyCheckpointHandler");
    }

    public static RandomKeyItem NumPy(PyTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        bool isLegacy = state.Kind is PyTreeNodeKind.Tuple or PyTreeNodeKind.List;
        return new RandomKeyItem(CheckpointLayout.NumpyRandomKeyName, Tree(state), Kind("legacy", isLegacy), Module + "NumpyRandomKeyCheckpointHandler");
    }

    protected internal override string HandlerName(bool isV1) => handler;

    protected internal override async Task WriteAsync(ItemSaveContext context, CancellationToken cancellationToken)
    {
        await key.WriteAsync(Below(context, name), cancellationToken).ConfigureAwait(false);
        await Json(kind).WriteAsync(Below(context, name + CheckpointLayout.RandomKeyMetadataSuffix), cancellationToken).ConfigureAwait(false);
    }

    protected internal override async Task FinishAsync(ItemSaveContext context, CancellationToken cancellationToken)
    {
        ItemSaveContext below = Below(context, name);
        await key.FinishAsync(below, cancellationToken).ConfigureAwait(false);
        await CommitFile.WriteAsync(below.Folder, below.Location, cancellationToken).ConfigureAwait(false);
        below = Below(context, name + CheckpointLayout.RandomKeyMetadataSuffix);
        await CommitFile.WriteAsync(below.Folder, below.Location, cancellationToken).ConfigureAwait(false);
    }

    protected internal override ItemToSave Copy(ICollection<IDisposable> owned) => new RandomKeyItem(name, key.Copy(owned), kind, handler);

    private static ItemSaveContext Below(ItemSaveContext context, string name) =>
        new(context.Folder.Folder(name), context.Location + CheckpointLayout.TemporarySuffix + "/" + name, context.Processes, isV1: false);

    private static JsonElement Kind(string member, bool value) =>
        Format.PythonJson.Parse(System.Text.Encoding.UTF8.GetBytes($$"""{"{{member}}": {{(value ? "true" : "false")}}}"""), member);
}
