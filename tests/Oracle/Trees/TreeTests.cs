using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Oracle.Tests.Trees;

/// <summary>Random trees, saved and restored by Orbax and here.</summary>
[TestFixture]
internal sealed class TreeTests
{
    private const string RefusedByBoth = "trees that neither saves";

    [SetUp]
    public void Require() => Oracle.Require();

    [Test]
    public void Save_here_restore_there() => Runs.Check("trees saved here, restored there", 200, TreeGenerator.Cases(), SaveHere);

    [Test]
    public void Save_there_restore_here() => Runs.Check("trees saved there, restored here", 200, TreeGenerator.Cases(), SaveThere);

    [Test]
    public void Back_and_forth() => Runs.Check("trees saved there, converted here, restored there", 100, TreeGenerator.Cases(), Convert);

    private static void SaveHere(TreeCase value)
    {
        using SharedFolder folder = new();
        (JsonElement? theirs, string? refusal, bool isSaved) = SaveAndReadThere(value, folder.Combine("theirs"));
        try
        {
            value.Options.SaveAsync(value.Tree, folder.Combine("ours")).Wait();
        }
        catch (AggregateException error) when (error.InnerException is ArgumentException or StorageException)
        {
            Assert.That(theirs is null || KnownDifferences.AreInOnePlace(value.StoredNames), $"refused here only: {error.InnerException.Message}");
            Tally.Add(RefusedByBoth);
            return;
        }

        if (theirs is null)
        {
            // Some names Orbax saves in folders and cannot restore.
            Assert.That(isSaved, $"refused there only: {refusal}");
            Tally.Add(RefusedByBoth);
            return;
        }

        JsonElement ours = Read(folder.Combine("ours"), value.Options);
        Assert.That(Text(ours.GetProperty("tree")), Is.EqualTo(Text(theirs.Value.GetProperty("tree"))));
        Assert.That(Text(ours.GetProperty("metadata")), Is.EqualTo(Text(theirs.Value.GetProperty("metadata"))));
    }

    private static void SaveThere(TreeCase value)
    {
        using SharedFolder folder = new();
        if (SaveThere(value, folder.Combine("theirs")) is null && !KnownDifferences.AreInOnePlace(value.StoredNames))
        {
            CheckpointItem item;
            try
            {
                item = TreeComparison.OpenAsync(folder.Combine("theirs"), value.Options).Result;
            }
            catch (Exception error) when (error is not SuccessException && SaveAndReadThere(value, folder.Combine("again")).Refusal is not null)
            {
                // What Orbax saves and cannot restore itself.
                Tally.Add(RefusedByBoth);
                return;
            }

            TreeComparison.CompareAsync(item, value).Wait();
        }
        else
        {
            Tally.Add(RefusedByBoth);
        }
    }

    private static void Convert(TreeCase value)
    {
        using SharedFolder folder = new();
        (JsonElement? theirs, _, _) = SaveAndReadThere(value, folder.Combine("theirs"));
        if (theirs is null || KnownDifferences.AreInOnePlace(value.StoredNames))
        {
            Tally.Add(RefusedByBoth);
            return;
        }

        TreeOptions layout = value.Options with { UseOcdbt = !value.Options.UseOcdbt, UseZarr3 = !value.Options.UseZarr3, UseCompression = !value.Options.UseCompression };

        // Orbax's StandardSave knows one layout only.
        TreeOptions asked = layout with { Api = layout.Api == "standard" ? "pytree" : layout.Api };
        ConversionOptions options = new() { Format = ConversionFormat.Orbax, Save = layout.Layout, UseV1 = layout.Api == "v1" };
        try
        {
            CheckpointConversion.RunAsync(folder.Combine("theirs"), folder.Combine("ours"), options).Wait();
        }
        catch (AggregateException error) when (error.InnerException is ArgumentException or StorageException)
        {
            // The other layout may have no place for such a name, or such a rank.
            Assert.That(KnownDifferences.LeavesTheFolder(value.StoredNames) || SaveAndReadThere(value with { Options = asked }, folder.Combine("again")).Refusal is not null, $"refused here only: {error.InnerException.Message}");
            Tally.Add(RefusedByBoth);
            return;
        }

        (JsonElement? answer, OracleException? unread) = Oracle.Try("read_tree", Arguments(folder.Combine("ours"), layout));
        if (answer is not { } ours)
        {
            // Some names Orbax saves in folders and cannot restore.
            Assert.That(SaveAndReadThere(value with { Options = asked }, folder.Combine("again")).Refusal, Is.Not.Null, $"restored there only: {unread!.Message}");
            Tally.Add(RefusedByBoth);
            return;
        }

        Assert.That(Text(ours.GetProperty("tree")), Is.EqualTo(Text(theirs.Value.GetProperty("tree"))));
        Assert.That(TextButStorage(ours.GetProperty("metadata")), Is.EqualTo(TextButStorage(theirs.Value.GetProperty("metadata"))));
    }

    /// <summary>Saves with Orbax.</summary>
    /// <returns>Why it refuses; null where it does not.</returns>
    private static string? SaveThere(TreeCase value, string path)
    {
        if (!value.Options.UseOcdbt && KnownDifferences.LeavesTheFolder(value.StoredNames))
        {
            return "it would write outside of the checkpoint";
        }

        (_, OracleException? refusal) = Oracle.Try("save_tree", new JsonObject { ["path"] = path, ["tree"] = value.Tree.ToJson(), ["options"] = value.Options.ToJson() });
        return refusal?.Message;
    }

    private static (JsonElement? Answer, string? Refusal, bool IsSaved) SaveAndReadThere(TreeCase value, string path)
    {
        if (SaveThere(value, path) is { } refusal)
        {
            return (null, refusal, false);
        }

        (JsonElement? answer, OracleException? unread) = Oracle.Try("read_tree", Arguments(path, value.Options));
        return (answer, unread?.Message, true);
    }

    private static JsonElement Read(string path, TreeOptions options) => Oracle.Ask("read_tree", Arguments(path, options));

    private static JsonObject Arguments(string path, TreeOptions options) => new() { ["path"] = path, ["options"] = options.ToJson() };

    private static string Text(JsonElement element) => element.GetRawText();

    private static string TextButStorage(JsonElement element)
    {
        JsonNode node = JsonNode.Parse(element.GetRawText())!;
        Strip(node);
        return node.ToJsonString();
    }

    // How arrays are stored is what a conversion changes.
    private static void Strip(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (string name in (string[])["storage", "storage_metadata", "zarr3"])
            {
                members.Remove(name);
            }

            foreach ((_, JsonNode? child) in members)
            {
                Strip(child);
            }
        }
        else if (node is JsonArray elements)
        {
            foreach (JsonNode? child in elements)
            {
                Strip(child);
            }
        }
    }
}
