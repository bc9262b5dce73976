namespace OcdbtSharp.Checkpoint.Save;

/// <summary>A tree.</summary>
internal sealed class TreeItem(PyTree tree, SaveOptions? options, string handler) : ItemToSave
{
    private const string V1Handler = "orbax.checkpoint.experimental.v1._src.handlers.pytree_handler.PyTreeHandler";

    private TreeWriter? _writer;

    public PyTree Value { get; } = tree ?? throw new ArgumentNullException(nameof(tree));

    protected internal override string HandlerName(bool isV1) => isV1 ? V1Handler : handler;

    protected internal override Task WriteAsync(ItemSaveContext context, CancellationToken cancellationToken)
    {
        _writer = new TreeWriter(Value, options ?? new SaveOptions { UseZarr3 = context.IsV1 }, context.Processes);
        return _writer.WriteAsync(context.Folder, cancellationToken);
    }

    protected internal override Task FinishAsync(ItemSaveContext context, CancellationToken cancellationToken) =>
        _writer!.FinishAsync(context.Folder, cancellationToken);

    protected internal override ItemToSave Copy(ICollection<IDisposable> owned) => new TreeItem(Value.Map(array => array.Copy(owned)), options, handler);
}
