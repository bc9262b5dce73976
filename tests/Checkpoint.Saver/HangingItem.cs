namespace OcdbtSharp.Checkpoint.Saver;

/// <summary>An item that is never written to its end.</summary>
internal sealed class HangingItem : ItemToSave
{
    protected override string? HandlerName(bool isV1) => null;

    protected override Task WriteAsync(ItemSaveContext context, CancellationToken cancellationToken)
    {
        Console.WriteLine("hanging");
        return Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
