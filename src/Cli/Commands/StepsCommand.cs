using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands;

/// <summary><c>ocdbt steps</c>: the steps below the root of a manager.</summary>
internal static class StepsCommand
{
    private const int ReadsAtOnce = 16;

    public static Command Create(ToolConsole console)
    {
        Argument<string> path = new("ROOT") { Description = "The folder of a manager." };
        Option<bool> json = Arguments.Json();
        Command command = new("steps", "Lists the steps of a manager with their times, items and metrics, and what was left unfinished.") { path, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OrbaxCheckpoint root = await OrbaxCheckpoint.OpenAsync(parsed.GetRequiredValue(path), null, cancellationToken);
            if (root.Kind != CheckpointKind.Root)
            {
                throw new UsageException($"{root.Location} is no root of a manager: it is {CheckpointNames.Of(root.Kind)}.");
            }

            StepSummary[] rows = new StepSummary[root.Steps.Count];
            ParallelOptions parallel = new() { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, rows.Length, parallel, async (index, token) => rows[index] = await root.ReadStepSummaryAsync(root.Steps[index], token));
            if (parsed.GetValue(json))
            {
                WriteJson(console, rows, root.Unfinished);
            }
            else
            {
                WriteText(console, rows, root.Unfinished);
            }
        });
        return command;
    }

    private static void WriteText(ToolConsole console, StepSummary[] rows, IReadOnlyList<string> unfinished)
    {
        TextTable table = new(new Column("step", IsRight: true), new Column("folder"), new Column("committed"), new Column("items"), new Column("metrics"));
        foreach (StepSummary row in rows)
        {
            table.Add(
                row.Step.Step.ToString(CultureInfo.InvariantCulture), row.Step.Name, Time(row.CommitTimestamp), string.Join(", ", row.ItemNames), row.Metrics?.GetRawText() ?? "");
        }

        table.Write(console);
        foreach (string folder in unfinished)
        {
            console.Text.WriteLine($"unfinished: {folder}");
        }
    }

    private static void WriteJson(ToolConsole console, StepSummary[] rows, IReadOnlyList<string> unfinished) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("steps"u8);
        foreach (StepSummary row in rows)
        {
            json.WriteStartObject();
            json.WriteNumber("step"u8, row.Step.Step);
            json.WriteString("folder"u8, row.Step.Name);
            json.WritePropertyName("commit_timestamp_nsecs"u8);
            if (row.CommitTimestamp is { } time)
            {
                json.WriteNumberValue(time);
            }
            else
            {
                json.WriteNullValue();
            }

            WriteNames(json, "items"u8, row.ItemNames);
            if (row.Metrics is { } metrics)
            {
                json.WritePropertyName("metrics"u8);
                metrics.WriteTo(json);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteNames(json, "unfinished"u8, unfinished);
        json.WriteEndObject();
    });

    private static void WriteNames(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> names)
    {
        json.WriteStartArray(name);
        foreach (string one in names)
        {
            json.WriteStringValue(one);
        }

        json.WriteEndArray();
    }

    private static string Time(long? nanoseconds) => nanoseconds is { } time
        ? DateTimeOffset.UnixEpoch.AddTicks(time / 100).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        : "";
}
