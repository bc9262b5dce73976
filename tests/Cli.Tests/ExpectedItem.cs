using System.Globalization;
using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Cli.Tests;

/// <summary>An item of a golden checkpoint: how a command line names it, and the leaves that it must have.</summary>
/// <param name="Case">The case.</param>
/// <param name="Step">Its step; null where the case has none, or the latest is meant.</param>
/// <param name="Item">Its name in the step; null where it need not be told.</param>
/// <param name="Leaves">The leaves.</param>
internal sealed record ExpectedItem(GoldenCase Case, string? Step, string? Item, JsonElement[] Leaves)
{
    // Members of expect.json that hold no item.
    private static readonly string[] _reserved = ["steps", "items", "metadata", "custom_metadata"];

    /// <summary>What comes behind the names of the command and the leaf to say which item is meant.</summary>
    public string[] Options => [.. Step is null ? [] : (string[])["--step", Step], .. Item is null ? [] : (string[])["--item", Item]];

    /// <summary>The items of a case that have leaves, at every step.</summary>
    public static IEnumerable<ExpectedItem> Of(GoldenCase golden)
    {
        JsonElement expect = golden.Expect();
        string?[] steps = expect.TryGetProperty("steps", out JsonElement numbers) ? [.. numbers.EnumerateArray().Select(step => step.GetRawText())] : [null];
        foreach (JsonProperty member in expect.EnumerateObject().Where(member => !_reserved.Contains(member.Name)))
        {
            if (member.Name == "trees")
            {
                foreach (JsonProperty tree in member.Value.EnumerateObject())
                {
                    yield return new ExpectedItem(golden, tree.Name, null, [.. tree.Value.EnumerateArray()]);
                }
            }
            else if (LeavesOf(member.Value) is { } leaves)
            {
                foreach (string? step in steps)
                {
                    yield return new ExpectedItem(golden, step, member.Name == "leaves" ? null : member.Name, leaves);
                }
            }
        }
    }

    /// <summary>The names of the keys that lead to a leaf.</summary>
    public static string[] Path(JsonElement leaf) =>
        leaf.TryGetProperty("path", out JsonElement path) ? [.. path.EnumerateArray().Select(key => key.GetProperty("key").GetString()!)] : [];

    /// <summary>The part of what <c>tree --json</c> printed that describes this item.</summary>
    public JsonElement In(JsonElement tree)
    {
        if (Step is not null && tree.GetProperty("kind").GetString() == "root")
        {
            tree = tree.GetProperty("steps").EnumerateArray().Single(step => step.GetProperty("step").GetInt64().ToString(CultureInfo.InvariantCulture) == Step);
        }

        if (tree.TryGetProperty("items", out JsonElement items))
        {
            JsonElement[] named = [.. items.EnumerateArray().Where(item => Item is null ? item.GetProperty("name").GetString() != "metrics" : item.GetProperty("name").GetString() == Item)];
            tree = named.Length == 1 ? named[0] : named.Single(item => item.GetProperty("name").GetString() is "default" or "state");
        }

        return tree;
    }

    private static JsonElement[]? LeavesOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array when value.GetArrayLength() > 0 && value.EnumerateArray().All(leaf => leaf.ValueKind == JsonValueKind.Object && leaf.TryGetProperty("path", out _)) =>
            [.. value.EnumerateArray()],
        JsonValueKind.Object when value.TryGetProperty("sha256", out _) => [value],
        _ => null,
    };
}
