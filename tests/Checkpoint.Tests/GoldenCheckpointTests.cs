using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Every checkpoint that a release of Orbax wrote, found and restored leaf by leaf.</summary>
public sealed class GoldenCheckpointTests
{
    // Members of expect.json that do not name an item.
    private static readonly string[] _reserved =
        ["steps", "items", "latest", "best_by_min_loss", "metadata", "custom_metadata", "leaves", "trees", "writer", "options", "processes", "file"];

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["orbax"])]
    public async Task Holds_what_was_saved(GoldenCase golden)
    {
        JsonElement expect = golden.Expect();
        OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(golden.Data);
        if (expect.TryGetProperty("file", out JsonElement file))
        {
            OrbaxCheckpoint byFile = await OrbaxCheckpoint.OpenAsync(Path.Combine(golden.Data, file.GetString()!));
            Assert.That(byFile.Kind, Is.EqualTo(CheckpointKind.Msgpack));
            await ExpectedLeaves.CompareAsync(await byFile.OpenItemAsync(), expect.GetProperty("leaves"));
        }

        CompareSteps(checkpoint, expect);
        if (expect.TryGetProperty("metadata", out JsonElement metadata))
        {
            Assert.That(JsonElement.DeepEquals(checkpoint.RootMetadata!.Value, metadata), "root metadata");
        }

        await CompareBestAsync(checkpoint, expect);
        if (expect.TryGetProperty("trees", out JsonElement trees))
        {
            foreach (JsonProperty tree in trees.EnumerateObject())
            {
                OrbaxCheckpoint step = await checkpoint.OpenStepAsync(long.Parse(tree.Name, System.Globalization.CultureInfo.InvariantCulture));
                await ExpectedLeaves.CompareAsync(await step.OpenItemAsync(), tree.Value);
            }
        }

        if (expect.TryGetProperty("leaves", out JsonElement leaves))
        {
            await ExpectedLeaves.CompareAsync(await checkpoint.OpenItemAsync(), leaves);
        }

        foreach (OrbaxCheckpoint step in await StepsAsync(checkpoint))
        {
            await CompareStepAsync(step, expect);
        }
    }

    private static void CompareSteps(OrbaxCheckpoint checkpoint, JsonElement expect)
    {
        if (expect.TryGetProperty("steps", out JsonElement steps))
        {
            long[] numbers = [.. steps.EnumerateArray().Select(step => step.GetInt64())];
            long latest = expect.TryGetProperty("latest", out JsonElement last) ? last.GetInt64() : numbers[^1];
            Assert.That(checkpoint.Kind, Is.EqualTo(CheckpointKind.Root));
            Assert.That(checkpoint.Steps.Select(step => step.Step), Is.EqualTo(numbers));
            Assert.That(checkpoint.LatestStep?.Step, Is.EqualTo(latest));
        }
    }

    private static async Task CompareBestAsync(OrbaxCheckpoint checkpoint, JsonElement expect)
    {
        if (expect.TryGetProperty("best_by_min_loss", out JsonElement best))
        {
            Dictionary<long, double> losses = [];
            foreach (StepInfo step in checkpoint.Steps)
            {
                JsonElement? metrics = await (await checkpoint.OpenStepAsync(step.Step)).ReadMetricsAsync();
                losses[step.Step] = metrics!.Value.GetProperty("loss").GetDouble();
            }

            Assert.That(losses.MinBy(pair => pair.Value).Key, Is.EqualTo(best.GetInt64()));
        }
    }

    private static async Task<List<OrbaxCheckpoint>> StepsAsync(OrbaxCheckpoint checkpoint)
    {
        if (checkpoint.Kind != CheckpointKind.Root)
        {
            return [checkpoint];
        }

        List<OrbaxCheckpoint> steps = [];
        foreach (StepInfo step in checkpoint.Steps)
        {
            steps.Add(await checkpoint.OpenStepAsync(step.Step));
        }

        return steps;
    }

    private static async Task CompareStepAsync(OrbaxCheckpoint step, JsonElement expect)
    {
        if (expect.TryGetProperty("items", out JsonElement items))
        {
            string[] names = [.. items.EnumerateArray().Select(item => item.GetString()!)];
            Assert.That(step.ItemNames.Where(name => name != "metrics" || names.Contains(name)), Is.EqualTo(names));
        }

        if (expect.TryGetProperty("custom_metadata", out JsonElement custom))
        {
            Assert.That(JsonElement.DeepEquals(step.Metadata!.CustomMetadata, custom), "custom metadata");
        }

        foreach (JsonProperty member in expect.EnumerateObject().Where(member => !_reserved.Contains(member.Name)))
        {
            CheckpointItem item = await step.OpenItemAsync(member.Name);
            if (member.Value.ValueKind == JsonValueKind.Array && member.Value.EnumerateArray().All(leaf => leaf.TryGetProperty("path", out _)))
            {
                await ExpectedLeaves.CompareAsync(item, member.Value);
            }
            else if (member.Value.ValueKind == JsonValueKind.Object && member.Value.TryGetProperty("sha256", out _))
            {
                using RestoredTree restored = await item.RestoreAsync();
                Assert.That(restored.Leaves, Has.Count.EqualTo(1));
                ExpectedLeaves.CompareArray(restored.Leaves[0], member.Value);
            }
            else
            {
                Assert.That(JsonElement.DeepEquals(item.Json, member.Value), member.Name);
            }
        }
    }
}
