using System.Diagnostics;
using System.Globalization;
using OcdbtSharp.Checkpoint.Saver;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests.Save;

/// <summary>A program that saves step after step and is killed at some moment, again and again.</summary>
public sealed class KillTests
{
    // The long form: OCDBTSHARP_KILLS=100.
    private static readonly int _kills = int.TryParse(Environment.GetEnvironmentVariable("OCDBTSHARP_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : 4;

    [Test]
    public async Task Every_visible_step_is_whole_whenever_the_program_is_killed()
    {
        using TemporaryFolder folder = new();
        Random random = new(7);
        string root = folder.Combine("root");
        bool wasInterrupted = false;
        for (int kill = 0; kill < _kills; kill++)
        {
            using (Process saver = ChildProcess.Start("OcdbtSharp.Checkpoint.Saver.dll", ["loop", root]))
            {
                Assert.That(await saver.StandardOutput.ReadLineAsync(), Is.Not.Null, "the first step");
                await Task.Delay(random.Next(1, 120));
                saver.Kill();
                await saver.WaitForExitAsync();
            }

            OrbaxCheckpoint checkpoint = await OrbaxCheckpoint.OpenAsync(root);
            wasInterrupted |= checkpoint.Unfinished.Count > 0;
            Assert.That(checkpoint.Steps, Has.Count.InRange(1, 4));
            foreach (StepInfo info in checkpoint.Steps)
            {
                await CheckAsync(await checkpoint.OpenStepAsync(info.Step), info.Step);
            }
        }

        await using (CheckpointManager manager = await CheckpointManager.OpenAsync(root))
        {
            await manager.CleanupAsync();
        }

        Assert.That((await OrbaxCheckpoint.OpenAsync(root)).Unfinished, Is.Empty);
        Assert.That(wasInterrupted, "no kill hit a save: the test shows nothing");
    }

    private static async Task CheckAsync(OrbaxCheckpoint step, long number)
    {
        using RestoredTree restored = await (await step.OpenItemAsync()).RestoreAsync();
        Assert.That(restored.Leaves.Select(leaf => leaf.Leaf.Name), Is.EquivalentTo(SavedTree.OfStep(number).Leaves().Select(leaf => leaf.Name)));
        Assert.That(restored["name"].Text, Is.EqualTo($"step {number}"));
        Assert.That(restored["step"].AsSpan<long>()[0], Is.EqualTo(number));
        foreach (RestoredLeaf leaf in restored.Leaves.Where(leaf => leaf.DataType?.Name == "float32"))
        {
            Assert.That(leaf.AsSpan<float>().IndexOfAnyExcept(number), Is.EqualTo(-1), leaf.Leaf.Name);
        }
    }
}
