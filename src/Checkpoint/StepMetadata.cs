using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>The file <c>_CHECKPOINT_METADATA</c> of a step, or of an item that was saved on its own.</summary>
public sealed class StepMetadata
{
    private static readonly string[] _known =
        ["item_handlers", "metrics", "performance_metrics", "init_timestamp_nsecs", "commit_timestamp_nsecs", "custom_metadata"];

    private static readonly JsonElement _empty = PythonJson.Parse("{}"u8.ToArray(), "empty");

    private StepMetadata()
    {
    }

    /// <summary>What is recorded of a step that is saved now.</summary>
    /// <param name="handlers">The class of Orbax for each item, in order; a single one without a name for an item that is saved on its own.</param>
    /// <param name="custom">What the user gave; null for nothing.</param>
    /// <param name="begun">When saving began, in nanoseconds since 1970 UTC.</param>
    /// <param name="committed">When the step was finished; null while it is being written.</param>
    internal static byte[] Encode(IReadOnlyList<(string? Item, string? Handler)> handlers, JsonElement? custom, long begun, long? committed)
    {
        using PythonJsonWriter json = new();
        json.StartObject();
        json.Name("item_handlers");
        if (handlers is [(null, var single)])
        {
            json.StringOrNull(single);
        }
        else
        {
            json.StartObject();
            foreach ((string? item, string? handler) in handlers)
            {
                json.Name(item!);
                json.StringOrNull(handler);
            }

            json.EndObject();
        }

        json.Name("metrics");
        json.Element(_empty);
        json.Name("performance_metrics");
        json.Element(_empty);
        json.Name("init_timestamp_nsecs");
        json.Number(begun);
        json.Name("commit_timestamp_nsecs");
        if (committed is { } time)
        {
            json.Number(time);
        }
        else
        {
            json.Null();
        }

        json.Name("custom_metadata");
        json.Element(custom ?? _empty);
        json.EndObject();
        return json.ToArray();
    }

    /// <summary>The class of Orbax that saved each item, by item name; empty where it was not recorded.</summary>
    public IReadOnlyDictionary<string, string> ItemHandlers { get; private init; } = new Dictionary<string, string>();

    /// <summary>The class of Orbax that saved this item, where the checkpoint is a single item.</summary>
    public string? ItemHandler { get; private init; }

    /// <summary>When saving began, in nanoseconds since 1970 UTC.</summary>
    public long? InitTimestamp { get; private init; }

    /// <summary>When the step was finished, in nanoseconds since 1970 UTC; null in a step that is not.</summary>
    public long? CommitTimestamp { get; private init; }

    /// <summary>Metrics that were recorded here; those given to a manager lie in the item <c>metrics</c>.</summary>
    public JsonElement Metrics { get; private init; }

    /// <summary>How long saving took, in seconds, by what was measured.</summary>
    public JsonElement PerformanceMetrics { get; private init; }

    /// <summary>What the user gave, a JSON object, and every member of the file that is not known.</summary>
    public JsonElement CustomMetadata { get; private init; }

    /// <summary>
    /// Reads the file of a step. Orbax has been seen to leave it empty, and reads a step whose file is damaged as if it were not there: none of it is needed
    /// for what the items hold.
    /// </summary>
    /// <returns>Null where there is none, or none that can be read; then also why.</returns>
    internal static async ValueTask<(StepMetadata? Metadata, CorruptDataException? Fault)> ReadAsync(IKvStore step, CancellationToken cancellationToken)
    {
        try
        {
            return await step.ReadFileAsync(CheckpointLayout.StepMetadataFile, cancellationToken).ConfigureAwait(false) is { Length: > 0 } utf8
                ? (Decode(utf8, step.Describe(CheckpointLayout.StepMetadataFile)), null)
                : (null, null);
        }
        catch (CorruptDataException fault)
        {
            return (null, fault);
        }
    }

    /// <summary>Parses the file.</summary>
    /// <exception cref="CorruptDataException">It is not what Orbax writes.</exception>
    internal static StepMetadata Decode(ReadOnlyMemory<byte> utf8, string location)
    {
        JsonElement root = PythonJson.ParseObject(utf8, location);
        try
        {
            JsonElement handlers = Member(root, "item_handlers");
            Dictionary<string, string> byItem = new(StringComparer.Ordinal);
            if (handlers.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty handler in handlers.EnumerateObject())
                {
                    byItem[handler.Name] = handler.Value.ValueKind == JsonValueKind.String ? handler.Value.GetString()! : "";
                }
            }

            return new StepMetadata
            {
                ItemHandlers = byItem,
                ItemHandler = handlers.ValueKind == JsonValueKind.String ? handlers.GetString() : null,
                InitTimestamp = Time(root, "init_timestamp_nsecs"),
                CommitTimestamp = Time(root, "commit_timestamp_nsecs"),
                Metrics = Object(root, "metrics"),
                PerformanceMetrics = Object(root, "performance_metrics"),
                CustomMetadata = Custom(root, _known),
            };
        }
        catch (Exception error) when (PythonJson.IsMalformed(error))
        {
            throw PythonJson.NotJson(error, location);
        }
    }

    /// <summary>The object <c>custom_metadata</c> with the members of <paramref name="root"/> that are not known added to it, as Orbax does.</summary>
    internal static JsonElement Custom(JsonElement root, IReadOnlyCollection<string> known)
    {
        JsonElement custom = Object(root, "custom_metadata");
        JsonProperty[] unknown = [.. root.EnumerateObject().Where(member => !known.Contains(member.Name))];
        if (unknown.Length == 0)
        {
            return custom;
        }

        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            foreach (JsonProperty member in custom.EnumerateObject().Concat(unknown))
            {
                member.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return PythonJson.Parse(stream.ToArray(), "custom_metadata");
    }

    private static JsonElement Member(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement member) ? member : default;

    private static JsonElement Object(JsonElement root, string name)
    {
        JsonElement member = Member(root, name);
        return member.ValueKind switch
        {
            JsonValueKind.Object => member,
            JsonValueKind.Null or JsonValueKind.Undefined => _empty,
            _ => throw new FormatException($"{name} should be an object, not {PythonJson.Name(member.ValueKind)}."),
        };
    }

    private static long? Time(JsonElement root, string name)
    {
        JsonElement member = Member(root, name);
        return member.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? null : member.GetInt64();
    }
}
