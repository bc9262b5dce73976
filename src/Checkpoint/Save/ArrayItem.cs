namespace OcdbtSharp.Checkpoint.Save;

/// <summary>One array: a tree with a single leaf of a fixed name, never in a database.</summary>
internal sealed class ArrayItem(ArrayValue value) : ItemToSave
{
    private TreeWriter? _writer;

    public static string Handler => "orbax.checkpoint._src.handlers.array_checkpoint_handler.ArrayCheckpointHandler";

    protected internal override string HandlerName(bool isV1) => Handler;

    protected internal override Task WriteAsync(ItemSaveContext context, CancellationToken cancellationToken)
    {
        PyTree tree = PyTree.Dict(KeyValuePair.Create(CheckpointLayout.ArrayName, (PyTree)value));
        _writer = new TreeWriter(tree, new SaveOptions { UseOcdbt = false }, context.Processes);
        return _writer.WriteAsync(context.Folder, cancellationToken);
    }

    protected internal override Task FinishAsync(ItemSaveContext context, CancellationToken cancellationToken) =>
        _writer!.FinishAsync(context.Folder, cancellationToken);

    protected internal override ItemToSave Copy(ICollection<IDisposable> owned) => new ArrayItem(value.Copy(owned));
}
