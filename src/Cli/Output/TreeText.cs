using System.Text.Json;
using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Cli.Output;

/// <summary>The tree of a checkpoint for people. Of a root's steps, the latest is shown whole, the others by their items.</summary>
internal static class TreeText
{
    public static async Task WriteAsync(ToolConsole console, OrbaxCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        switch (checkpoint.Kind)
        {
            case CheckpointKind.Root:
                await WriteRootAsync(console, checkpoint, cancellationToken);
                break;
            case CheckpointKind.Step:
                await WriteStepAsync(console, "step", checkpoint, cancellationToken);
                break;
            default:
                WriteItem(console, CheckpointNames.Of(checkpoint.Kind), await checkpoint.OpenItemAsync(null, cancellationToken));
                break;
        }
    }

    private static async Task WriteRootAsync(ToolConsole console, OrbaxCheckpoint root, CancellationToken cancellationToken)
    {
        console.Text.WriteLine($"root {root.Location}: {Count(root.Steps.Count, "step")}");
        if (root.RootMetadata is { } metadata)
        {
            console.Text.WriteLine($"metadata: {metadata.GetRawText()}");
        }

        WriteUnfinished(console, root);
        foreach (StepInfo info in root.Steps.SkipLast(1))
        {
            OrbaxCheckpoint step = await root.OpenStepAsync(info, cancellationToken);
            console.Text.WriteLine($"step {info.Name}" + (step.ItemNames.Count == 0 ? "" : ": " + string.Join(", ", step.ItemNames)));
        }

        if (root.LatestStep is { } latest)
        {
            console.Text.WriteLine();
            OrbaxCheckpoint step = await root.OpenStepAsync(latest, cancellationToken);
            if (step.Kind == CheckpointKind.Step)
            {
                await WriteStepAsync(console, $"step {latest.Name}", step, cancellationToken);
            }
            else
            {
                WriteItem(console, $"step {latest.Name}", await step.OpenItemAsync(null, cancellationToken));
            }
        }
    }

    private static async Task WriteStepAsync(ToolConsole console, string title, OrbaxCheckpoint step, CancellationToken cancellationToken)
    {
        console.Text.WriteLine($"{title}: {Count(step.ItemNames.Count, "item")}");
        if (await step.ReadMetricsAsync(cancellationToken) is { } metrics)
        {
            console.Text.WriteLine($"metrics: {metrics.GetRawText()}");
        }

        WriteUnfinished(console, step);
        foreach (string name in step.ItemNames)
        {
            console.Text.WriteLine();
            WriteItem(console, $"item {name}", await step.OpenItemAsync(name, cancellationToken));
        }
    }

    private static void WriteItem(ToolConsole console, string title, CheckpointItem item)
    {
        if (item.Json.ValueKind != JsonValueKind.Undefined)
        {
            console.Text.WriteLine($"{title}: {CheckpointNames.Of(item.Kind)} {item.Json.GetRawText()}");
            if (item.Leaves.Count == 0)
            {
                return;
            }
        }

        string storage = item.Leaves.Count == 0 ? "" : $" in zarr {(item.UsesZarr3 ? "v3" : "v2")}{(item.UsesOcdbt ? " in OCDBT" : "")}";
        console.Text.WriteLine($"{title}: {CheckpointNames.Of(item.Kind)}, {Count(item.Leaves.Count, "leaf", "leaves")}{storage}");
        if (item.CustomMetadata is { } metadata)
        {
            console.Text.WriteLine($"metadata: {metadata.GetRawText()}");
        }

        if (item.Leaves.Count == 0)
        {
            return;
        }

        TextTable table = new(
            new Column("Name"), new Column("Type"), new Column("Dtype"), new Column("Shape"), new Column("Chunks"), new Column("Stored", true), new Column("Logical", true));
        foreach (CheckpointLeaf leaf in item.Leaves)
        {
            bool isArray = leaf.DataType is not null;
            table.Add(
                leaf.Name,
                leaf.KeyImplementation is null ? leaf.TypeName : $"{leaf.TypeName} ({leaf.KeyImplementation})",
                leaf.DataType?.Name ?? "",
                isArray ? ShapeText(leaf.Shape) : leaf.Text is { } text ? Quote(text) : "",
                leaf.ChunkShape is { } chunks ? ShapeText(chunks) : "",
                isArray ? ByteText.Of(leaf.StoredBytes) : "",
                isArray ? ByteText.Of(leaf.LogicalBytes) : "");
        }

        string[] totals =
            ["total", "", "", "", "", ByteText.Of(item.Leaves.Sum(leaf => leaf.StoredBytes)), ByteText.Of(item.Leaves.Sum(leaf => leaf.LogicalBytes))];
        table.Write(console, totals);
    }

    private static void WriteUnfinished(ToolConsole console, OrbaxCheckpoint checkpoint)
    {
        if (checkpoint.Unfinished.Count > 0)
        {
            console.Text.WriteLine($"unfinished: {string.Join(", ", checkpoint.Unfinished)}");
        }
    }

    private static string ShapeText(IReadOnlyList<long> shape) => "[" + string.Join(", ", shape) + "]";

    private static string Quote(string text)
    {
        const int Most = 40;
        return "\"" + (text.Length <= Most ? text : string.Concat(text.AsSpan(0, Most - 1), "…")) + "\"";
    }

    private static string Count(int count, string one, string? many = null) => count == 1 ? $"1 {one}" : $"{count} {many ?? one + "s"}";
}
