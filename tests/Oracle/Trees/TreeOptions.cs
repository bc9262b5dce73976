using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Oracle.Tests.Trees;

/// <summary>How a random tree is saved, there and here.</summary>
/// <param name="Api">Which of Orbax's: <c>pytree</c>, <c>standard</c>, <c>composite</c>, <c>v1</c>.</param>
internal sealed record TreeOptions(string Api)
{
    /// <summary>The item of a step that the tree is.</summary>
    public const string ItemName = "state";

    /// <summary>Whether the arrays go into a database.</summary>
    public bool UseOcdbt { get; init; } = true;

    /// <summary>Whether they are zarr v3.</summary>
    public bool UseZarr3 { get; init; }

    /// <summary>Whether they are compressed.</summary>
    public bool UseCompression { get; init; } = true;

    /// <summary>Whether tuples and named tuples are recorded as such.</summary>
    public bool RichTypes { get; init; }

    /// <summary>Whether arrays go through pinned memory; null: as the platform likes.</summary>
    public bool? PinnedHost { get; init; }

    /// <summary>Bytes of a data file; null: the default.</summary>
    public long? DataFileBytes { get; init; }

    /// <summary>Custom metadata as JSON; null for none.</summary>
    public string? Custom { get; init; }

    /// <summary>How many processes save here.</summary>
    public int Processes { get; init; } = 1;

    private SaveOptions Save => new()
    {
        UseOcdbt = UseOcdbt,
        UseZarr3 = UseZarr3,
        UseCompression = UseCompression,
        SupportRichTypes = RichTypes,
        TargetDataFileSize = DataFileBytes ?? 1L << 31,
        CustomMetadata = Api == "v1" ? null : CustomJson,
    };

    /// <summary>The custom metadata.</summary>
    public JsonElement? CustomJson => Custom is null ? null : JsonElement.Parse(Custom);

    /// <summary>How the arrays are stored, for a conversion.</summary>
    public SaveOptions Layout => Save with { CustomMetadata = null };

    /// <summary>What <c>operations/trees.py</c> saves with.</summary>
    public JsonObject ToJson() => new()
    {
        ["api"] = Api,
        ["ocdbt"] = UseOcdbt,
        ["zarr3"] = UseZarr3,
        ["compression"] = UseCompression,
        ["rich"] = RichTypes,
        ["pinned_host"] = PinnedHost,
        ["data_file_bytes"] = DataFileBytes,
        ["custom"] = Custom is null ? null : JsonNode.Parse(Custom),
    };

    /// <summary>Saves a tree here, as so many processes.</summary>
    /// <exception cref="ArgumentException">It cannot be saved.</exception>
    public async Task SaveAsync(TreeNode tree, string path)
    {
        Task[] processes = [.. Enumerable.Range(0, Processes).Select(process => Task.Run(() => SaveAsync(tree, path, process)))];
        await Task.WhenAll(processes);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ToJson().ToJsonString()} by {Processes}");

    private Task SaveAsync(TreeNode tree, string path, int process)
    {
        CheckpointWriterOptions writer = new()
        {
            Processes = new ProcessGroup(process, Processes) { Timeout = TimeSpan.FromSeconds(20), PollInterval = TimeSpan.FromMilliseconds(2) },
            UseV1 = Api == "v1",
            CustomMetadata = Api == "v1" ? CustomJson : null,
        };
        PyTree value = tree.ToPyTree();
        ItemToSave item = Api == "standard" ? ItemToSave.Standard(value, Save) : ItemToSave.Tree(value, Save);
        return Api == "composite"
            ? CheckpointWriter.SaveStepAsync(path, [KeyValuePair.Create(ItemName, item), KeyValuePair.Create("extra", ItemToSave.Json(Extra))], writer)
            : CheckpointWriter.SaveItemAsync(path, item, writer);
    }

    private static readonly JsonElement Extra = JsonElement.Parse("""{"api": "composite"}""");
}
