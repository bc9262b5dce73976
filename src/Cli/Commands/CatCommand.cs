using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands;

/// <summary><c>ocdbt cat</c>: the values of one leaf.</summary>
internal static class CatCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> path = Arguments.CheckpointPath();
        Argument<string?> name = new("NAME")
        {
            Description = "The name of a leaf, as 'ocdbt tree' shows it, or ITEM/NAME in a step; not needed where there is only one.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> slice = new("--slice") { Description = "A part of each axis, such as \"0:4,:\"." };
        Option<bool> raw = new("--raw") { Description = "Write the elements, little-endian and in C order." };
        Option<bool> sha256 = Arguments.Sha256();
        Option<bool> json = Arguments.Json();
        Option<long?> step = Arguments.Step();
        Option<string?> item = Arguments.Item();
        Option<long?> memory = Arguments.Memory();
        Command command = new("cat", "Shows the values of a leaf.") { path, name, slice, raw, sha256, json, step, item, memory };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (CheckpointItem found, CheckpointLeaf? leaf) = await LeafLocator.FindAsync(
                parsed.GetRequiredValue(path), parsed.GetValue(step), parsed.GetValue(item), parsed.GetValue(name), cancellationToken);
            CatForm form = parsed.GetValue(raw) ? CatForm.Raw : parsed.GetValue(sha256) ? CatForm.Sha256 : parsed.GetValue(json) ? CatForm.Json : CatForm.Text;
            if (leaf?.DataType is not null)
            {
                Region region = parsed.GetValue(slice) is { } text ? Region.Parse(text, leaf.Shape) : Region.Whole(leaf.Shape);
                await WriteArrayAsync(console, leaf, region, form, Arguments.Selection(null, null, parsed.GetValue(memory)), cancellationToken);
            }
            else if (parsed.GetValue(slice) is null)
            {
                WriteValue(console, found, leaf, form);
            }
            else
            {
                throw new UsageException($"{Describe(found, leaf)} is no array: leave out --slice.");
            }
        });
        return command;
    }

    private static async Task WriteArrayAsync(
        ToolConsole console, CheckpointLeaf leaf, Region region, CatForm form, RestoreOptions options, CancellationToken cancellationToken)
    {
        switch (form)
        {
            case CatForm.Text:
                await ArrayTable.WriteAsync(console, leaf, region, cancellationToken);
                break;
            case CatForm.Raw:
                console.Flush();
                await leaf.CopyToAsync(console.Output, region.Origin, region.Shape, options, cancellationToken);
                break;
            case CatForm.Sha256:
                using (SHA256 hash = SHA256.Create())
                await using (CryptoStream stream = new(Stream.Null, hash, CryptoStreamMode.Write))
                {
                    await leaf.CopyToAsync(stream, region.Origin, region.Shape, options, cancellationToken);
                    await stream.FlushFinalBlockAsync(cancellationToken);
                    console.Text.WriteLine(Convert.ToHexStringLower(hash.Hash!));
                }

                break;
            default:
                console.Flush();
                using (Utf8JsonWriter json = new(console.Output, JsonOutput.Options))
                {
                    await using ElementJsonStream stream = new(json, ElementFormat.For(leaf.DataType!), region.Kept);
                    await leaf.CopyToAsync(stream, region.Origin, region.Shape, options, cancellationToken);
                }

                console.Output.Write("\n"u8);
                break;
        }
    }

    /// <summary>Prints what is no array: text, None, an empty container, the value of a JSON item.</summary>
    private static void WriteValue(ToolConsole console, CheckpointItem item, CheckpointLeaf? leaf, CatForm form)
    {
        if (form is CatForm.Raw or CatForm.Sha256)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(
                (leaf is null ? item.Json.GetRawText() : leaf.Text) ?? throw new UsageException($"{Describe(item, leaf)} has no bytes: leave out --raw and --sha256."));
            if (form == CatForm.Raw)
            {
                console.Output.Write(bytes);
            }
            else
            {
                console.Text.WriteLine(Convert.ToHexStringLower(SHA256.HashData(bytes)));
            }
        }
        else if (form == CatForm.Text && leaf is not null)
        {
            console.Text.WriteLine(leaf.Text ?? (leaf.Kind == LeafKind.None ? "None" : IsSequence(leaf) ? "[]" : "{}"));
        }
        else
        {
            JsonOutput.Write(console, json => WriteValue(json, item, leaf));
        }
    }

    private static void WriteValue(Utf8JsonWriter json, CheckpointItem item, CheckpointLeaf? leaf)
    {
        switch (leaf?.Kind)
        {
            case null:
                item.Json.WriteTo(json);
                break;
            case LeafKind.Empty when IsSequence(leaf):
                json.WriteStartArray();
                json.WriteEndArray();
                break;
            case LeafKind.Empty:
                json.WriteStartObject();
                json.WriteEndObject();
                break;
            default:
                json.WriteStringValue(leaf.Text);
                break;
        }
    }

    private static bool IsSequence(CheckpointLeaf leaf) => leaf.TypeName is "List" or "Tuple";

    private static string Describe(CheckpointItem item, CheckpointLeaf? leaf) => leaf is null ? item.Location : $"'{leaf.Name}' ({leaf.TypeName})";

    /// <summary>How values are printed.</summary>
    private enum CatForm
    {
        Text,
        Json,
        Raw,
        Sha256,
    }
}
