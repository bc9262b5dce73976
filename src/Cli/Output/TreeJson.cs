using System.Globalization;
using System.Text.Json;
using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Cli.Output;

/// <summary>The tree of a checkpoint for programs: a root nests its steps, a step its items, an item its leaves.</summary>
internal static class TreeJson
{
    public static async Task WriteAsync(Utf8JsonWriter json, OrbaxCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        json.WriteStartObject();
        await WriteMembersAsync(json, checkpoint, cancellationToken);
        json.WriteEndObject();
    }

    private static async Task WriteMembersAsync(Utf8JsonWriter json, OrbaxCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        json.WriteString("kind"u8, CheckpointNames.Of(checkpoint.Kind));
        json.WriteString("location"u8, checkpoint.Location);
        switch (checkpoint.Kind)
        {
            case CheckpointKind.Root:
                await WriteRootAsync(json, checkpoint, cancellationToken);
                break;
            case CheckpointKind.Step:
                await WriteStepAsync(json, checkpoint, cancellationToken);
                break;
            default:
                WriteItem(json, await checkpoint.OpenItemAsync(null, cancellationToken));
                break;
        }
    }

    private static async Task WriteRootAsync(Utf8JsonWriter json, OrbaxCheckpoint root, CancellationToken cancellationToken)
    {
        if (root.RootMetadata is { } metadata)
        {
            json.WritePropertyName("metadata"u8);
            metadata.WriteTo(json);
        }

        json.WriteStartArray("steps"u8);
        foreach (StepInfo info in root.Steps)
        {
            json.WriteStartObject();
            json.WriteNumber("step"u8, info.Step);
            json.WriteString("name"u8, info.Name);
            await WriteMembersAsync(json, await root.OpenStepAsync(info, cancellationToken), cancellationToken);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteUnfinished(json, root);
    }

    private static async Task WriteStepAsync(Utf8JsonWriter json, OrbaxCheckpoint step, CancellationToken cancellationToken)
    {
        if (await step.ReadMetricsAsync(cancellationToken) is { } metrics)
        {
            json.WritePropertyName("metrics"u8);
            metrics.WriteTo(json);
        }

        json.WriteStartArray("items"u8);
        foreach (string name in step.ItemNames)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            WriteItem(json, await step.OpenItemAsync(name, cancellationToken));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteUnfinished(json, step);
    }

    private static void WriteItem(Utf8JsonWriter json, CheckpointItem item)
    {
        json.WriteString("item_kind"u8, CheckpointNames.Of(item.Kind));
        if (item.Json.ValueKind != JsonValueKind.Undefined)
        {
            json.WritePropertyName("value"u8);
            item.Json.WriteTo(json);
            if (item.Leaves.Count == 0)
            {
                return;
            }
        }

        json.WriteBoolean("ocdbt"u8, item.UsesOcdbt);
        json.WriteBoolean("zarr3"u8, item.UsesZarr3);
        if (item.CustomMetadata is { } metadata)
        {
            json.WritePropertyName("metadata"u8);
            metadata.WriteTo(json);
        }

        json.WriteStartArray("leaves"u8);
        foreach (CheckpointLeaf leaf in item.Leaves)
        {
            WriteLeaf(json, leaf);
        }

        json.WriteEndArray();
        json.WriteNumber("stored_bytes"u8, item.Leaves.Sum(leaf => leaf.StoredBytes));
        json.WriteNumber("logical_bytes"u8, item.Leaves.Sum(leaf => leaf.LogicalBytes));
    }

    private static void WriteLeaf(Utf8JsonWriter json, CheckpointLeaf leaf)
    {
        json.WriteStartObject();
        json.WriteStartArray("path"u8);
        foreach (TreeKey key in leaf.Path)
        {
            if (key.Kind == TreeKeyKind.Sequence && long.TryParse(key.Name, NumberStyles.None, CultureInfo.InvariantCulture, out long index))
            {
                json.WriteNumberValue(index);
            }
            else
            {
                json.WriteStringValue(key.Name);
            }
        }

        json.WriteEndArray();
        json.WriteString("name"u8, leaf.Name);
        json.WriteString("kind"u8, CheckpointNames.Of(leaf.Kind));
        json.WriteString("type"u8, leaf.TypeName);
        json.WriteString("dtype"u8, leaf.DataType?.Name);
        json.WriteNumbers("shape"u8, leaf.DataType is null ? null : leaf.Shape);
        json.WriteNumbers("chunk_shape"u8, leaf.ChunkShape);
        json.WriteNumbers("write_shape"u8, leaf.WriteShape);
        if (leaf.KeyImplementation is not null)
        {
            json.WriteString("prng_implementation"u8, leaf.KeyImplementation);
        }

        if (leaf.Text is not null)
        {
            json.WriteString("value"u8, leaf.Text);
        }

        json.WriteNumber("stored_bytes"u8, leaf.StoredBytes);
        json.WriteNumber("logical_bytes"u8, leaf.LogicalBytes);
        json.WriteEndObject();
    }

    private static void WriteUnfinished(Utf8JsonWriter json, OrbaxCheckpoint checkpoint)
    {
        json.WriteStartArray("unfinished"u8);
        foreach (string name in checkpoint.Unfinished)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }
}
