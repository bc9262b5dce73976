using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Cli.Commands.Zarr;

/// <summary><c>ocdbt zarr info</c>: metadata of arrays, and what is stored of them.</summary>
internal static class ZarrInfoCommand
{
    public static Command Create(ToolConsole console)
    {
        Argument<string> path = new("PATH") { Description = "The folder of an array or a group, or its path in an OCDBT database: FOLDER/OF/DATABASE/NAME." };
        Option<bool> json = Arguments.Json();
        Command command = new("info", "Shows arrays: type, shape, chunks, codecs, and how many chunks and bytes are stored.") { path, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            IKvStore store = await ZarrPlace.OpenAsync(parsed.GetRequiredValue(path), cancellationToken);
            List<Member> members = await ReadAsync(store, cancellationToken);
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(console, writer => WriteJson(writer, members));
            }
            else if (members is [{ Path: "", Array: { } array } only])
            {
                WriteArray(console, array, only);
            }
            else
            {
                WriteTable(console, members);
            }
        });
        return command;
    }

    private static async Task<List<Member>> ReadAsync(IKvStore store, CancellationToken cancellationToken)
    {
        if (await IsArrayAsync(store, cancellationToken))
        {
            return [await Member.OfAsync("", await ZarrArray.OpenAsync(store, cancellationToken), cancellationToken)];
        }

        ZarrGroup root = await ZarrGroup.OpenAsync(store, useConsolidatedMetadata: false, cancellationToken: cancellationToken);
        List<Member> members = [new Member("", null, root.Format, root.Attributes, null)];
        await foreach (ZarrNode node in root.ListAsync(recursive: true, cancellationToken))
        {
            if (node.Kind == ZarrNodeKind.Array)
            {
                members.Add(await Member.OfAsync(node.Path, await root.OpenArrayAsync(node.Path, cancellationToken), cancellationToken));
            }
            else
            {
                ZarrGroup group = await root.OpenGroupAsync(node.Path, cancellationToken);
                members.Add(new Member(node.Path, null, group.Format, group.Attributes, null));
            }
        }

        return members;
    }

    private static async Task<bool> IsArrayAsync(IKvStore store, CancellationToken cancellationToken)
    {
        ReadResult file = await store.ReadAsync("zarr.json", default, cancellationToken);
        if (!file.HasValue)
        {
            return (await store.StatAsync(".zarray", cancellationToken)).HasValue;
        }

        try
        {
            return JsonElement.Parse(file.Value.Span).TryGetProperty("node_type", out JsonElement type) && type.ValueEquals("array");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new CorruptDataException("the metadata is not a JSON object with a \"node_type\"", store.Describe("zarr.json"), innerException: error);
        }
    }

    private static void WriteArray(ToolConsole console, ZarrArray array, Member member)
    {
        void Line(string name, string value) => console.Text.WriteLine($"{name,-10}{value}");
        Line("format", $"zarr {(int)array.Format}");
        Line("type", array.DataType.Name);
        Line("shape", Shape(array.Shape));
        Line("chunks", Shape(array.ReadChunkShape));
        if (Shards(array) is { } shards)
        {
            Line("shards", Shape(shards));
        }

        Line("codecs", CodecText.Of(array.MetadataJson));
        Line("fill", array.MetadataJson.TryGetProperty("fill_value", out JsonElement fill) ? fill.GetRawText() : "null");
        if (array.DimensionNames is { } names)
        {
            Line("axes", string.Join(", ", names.Select(name => name ?? "-")));
        }

        ArrayStorage storage = member.Storage!;
        Line("elements", ByteText.Of(array.ByteCount));
        Line("stored", $"{storage.StoredChunkCount} of {storage.ChunkCount} {(Shards(array) is null ? "chunks" : "shards")}, {ByteText.Of(storage.StoredBytes)}{Ratio(array, storage, ", ratio ")}");
        if (member.Attributes.EnumerateObject().Any())
        {
            Line("attributes", member.Attributes.GetRawText());
        }
    }

    private static void WriteTable(ToolConsole console, List<Member> members)
    {
        TextTable table = new(
            new Column("NAME"), new Column("TYPE"), new Column("SHAPE"), new Column("CHUNKS"), new Column("CODECS"), new Column("STORED", IsRight: true),
            new Column("BYTES", IsRight: true), new Column("RATIO", IsRight: true));
        foreach (Member member in members)
        {
            string name = member.Path.Length == 0 ? "/" : member.Path;
            if (member is { Array: { } array, Storage: { } storage })
            {
                table.Add(
                    name, array.DataType.Name, Shape(array.Shape), Shape(array.ReadChunkShape), CodecText.Of(array.MetadataJson),
                    $"{storage.StoredChunkCount}/{storage.ChunkCount}", ByteText.Of(storage.StoredBytes), Ratio(array, storage, ""));
            }
            else
            {
                table.Add(name, "group", "", "", "", "", "", "");
            }
        }

        long bytes = members.Sum(member => member.Storage?.StoredBytes ?? 0);
        long chunks = members.Sum(member => member.Storage?.StoredChunkCount ?? 0);
        table.Write(console, [$"{members.Count(member => member.Array is not null)} arrays", "", "", "", "", $"{chunks}", ByteText.Of(bytes), ""]);
    }

    private static void WriteJson(Utf8JsonWriter json, List<Member> members)
    {
        json.WriteStartArray();
        foreach (Member member in members)
        {
            json.WriteStartObject();
            json.WriteString("path"u8, member.Path);
            json.WriteString("node_type"u8, member.Array is null ? "group"u8 : "array"u8);
            json.WriteNumber("zarr_format"u8, (int)member.Format);
            if (member is { Array: { } array, Storage: { } storage })
            {
                json.WriteString("data_type"u8, array.DataType.Name);
                json.WriteNumbers("shape"u8, array.Shape);
                json.WriteNumbers("chunk_shape"u8, array.ReadChunkShape);
                json.WriteNumbers("shard_shape"u8, Shards(array));
                json.WriteNumber("bytes"u8, array.ByteCount);
                json.WriteNumber("chunks"u8, storage.ChunkCount);
                json.WriteNumber("stored_chunks"u8, storage.StoredChunkCount);
                json.WriteNumber("stored_bytes"u8, storage.StoredBytes);
                json.WritePropertyName("metadata"u8);
                array.MetadataJson.WriteTo(json);
            }

            json.WritePropertyName("attributes"u8);
            member.Attributes.WriteTo(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Shape(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";

    private static IReadOnlyList<long>? Shards(ZarrArray array) => ReferenceEquals(array.ReadChunkShape, array.ChunkShape) ? null : array.ChunkShape;

    private static string Ratio(ZarrArray array, ArrayStorage storage, string before) => storage.StoredBytes == 0
        ? ""
        : before + ((double)array.ByteCount / storage.StoredBytes).ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>A group, or an array and what is stored of it.</summary>
    private sealed record Member(string Path, ZarrArray? Array, ZarrFormat Format, JsonElement Attributes, ArrayStorage? Storage)
    {
        public static async Task<Member> OfAsync(string path, ZarrArray array, CancellationToken cancellationToken) =>
            new(path, array, array.Format, await array.ReadAttributesAsync(cancellationToken), await array.GetStorageAsync(cancellationToken));
    }
}
