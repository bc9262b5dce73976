using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>A JSON value, or the metrics of a step.</summary>
internal sealed class JsonItem(JsonElement value, bool isMetrics = false) : ItemToSave
{
    private const string V0Handler = "orbax.checkpoint._src.handlers.json_checkpoint_handler.JsonCheckpointHandler";
    private const string V1Module = "orbax.checkpoint.experimental.v1._src.handlers.json_handler.";

    protected internal override string HandlerName(bool isV1) => !isV1 ? V0Handler : V1Module + (isMetrics ? "MetricsHandler" : "JsonHandler");

    protected internal override async Task WriteAsync(ItemSaveContext context, CancellationToken cancellationToken)
    {
        if (context.Processes.IsPrimary)
        {
            string file = isMetrics ? CheckpointLayout.MetricsName : context.IsV1 ? CheckpointLayout.V1JsonFile : CheckpointLayout.JsonFile;
            await context.Folder.WriteAsync(file, JsonFile.Encode(value, isMetrics), default, cancellationToken).ConfigureAwait(false);
        }
    }
}
