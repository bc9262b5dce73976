using System.CommandLine;
using System.Security.Cryptography;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands;

/// <summary><c>ocdbt cat</c>: the values of one leaf.</summary>
internal static class CatCommand
{
    // More values than these are cut, unless asked for as JSON or raw.
    private const int MostShown = 64;

    private const int Window = 1 << 20;

    public static Command Create(ToolConsole console)
    {
        Argument<string> path = Arguments.CheckpointPath();
        Argument<string> name = new("NAME") { Description = "The name of a leaf, as 'ocdbt tree' shows it." };
        Option<string?> slice = new("--slice") { Description = "A part of each axis, such as \"0:4,:\"." };
        Option<bool> raw = new("--raw") { Description = "Write the elements, little-endian and in C order." };
        Option<bool> sha256 = Arguments.Sha256();
        Option<bool> json = Arguments.Json();
        Option<long?> step = Arguments.Step();
        Option<string?> item = Arguments.Item();
        Command command = new("cat", "Shows the values of a leaf.") { path, name, slice, raw, sha256, json, step, item };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (_, CheckpointLeaf? leaf) = await LeafLocator.FindAsync(
                parsed.GetRequiredValue(path), parsed.GetValue(step), parsed.GetValue(item), parsed.GetRequiredValue(name), cancellationToken);
            if (leaf is null)
            {
                throw new UsageException($"'{parsed.GetRequiredValue(name)}' is an item without leaves.");
            }

            Region region = parsed.GetValue(slice) is { } text ? Region.Parse(text, leaf.Shape) : Region.Whole(leaf.Shape);
            using RestoredLeaf value = await leaf.RestoreAsync(region.Origin, region.Shape, cancellationToken);
            if (parsed.GetValue(raw))
            {
                console.Flush();
                ForEachWindow(value, bytes => console.Output.Write(bytes));
            }
            else if (parsed.GetValue(sha256))
            {
                using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                ForEachWindow(value, hash.AppendData);
                console.Text.WriteLine(Convert.ToHexStringLower(hash.GetCurrentHash()));
            }
            else if (parsed.GetValue(json))
            {
                WriteJson(console, value, region.Kept);
            }
            else
            {
                WriteText(console, value);
            }
        });
        return command;
    }

    private static void ForEachWindow(RestoredLeaf value, Action<ReadOnlySpan<byte>> use)
    {
        for (long offset = 0; offset < value.ByteLength; offset += Window)
        {
            use(value.AsMemory(offset, (int)Math.Min(Window, value.ByteLength - offset)).Span);
        }
    }

    private static void WriteJson(ToolConsole console, RestoredLeaf value, long[] shape) => JsonOutput.Write(console, json =>
    {
        if (value.DataType is not { } type)
        {
            json.WriteStringValue(value.Text);
            return;
        }

        ElementFormat format = ElementFormat.For(type.Name);
        long next = 0;
        void Axis(int axis)
        {
            if (axis == shape.Length)
            {
                format.WriteJson(json, value.AsMemory(next++ * format.Size, format.Size).Span);
                return;
            }

            json.WriteStartArray();
            for (long index = 0; index < shape[axis]; index++)
            {
                Axis(axis + 1);
            }

            json.WriteEndArray();
        }

        Axis(0);
    });

    private static void WriteText(ToolConsole console, RestoredLeaf value)
    {
        if (value.DataType is not { } type)
        {
            console.Text.WriteLine(value.Text ?? value.Leaf.Kind.ToString());
            return;
        }

        ElementFormat format = ElementFormat.For(type.Name);
        long count = value.ByteLength / format.Size;
        console.Text.WriteLine($"{type.Name} [{string.Join(", ", value.Shape)}]");
        long row = value.Shape.Count > 1 ? Math.Max(1, value.Shape[^1]) : long.MaxValue;
        for (long index = 0; index < Math.Min(count, MostShown); index++)
        {
            bool ends = (index + 1) % row == 0 || index + 1 == Math.Min(count, MostShown);
            console.Text.Write(format.ToText(value.AsMemory(index * format.Size, format.Size).Span) + (ends ? "\n" : "  "));
        }

        if (count > MostShown)
        {
            console.Text.WriteLine($"… and {count - MostShown} more; --slice, --json and --raw show them");
        }
    }
}
