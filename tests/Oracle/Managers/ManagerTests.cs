using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Oracle.Tests.Managers;

[TestFixture]
internal sealed class ManagerTests
{
    [SetUp]
    public void Require() => Oracle.Require();

    [Test]
    public void Histories_go_the_same_way() => Runs.Check("manager histories in lockstep", 30, ManagerHistory.Arbitrary, history =>
    {
        using TemporaryFolder theirs = TemporaryFolder.InMemory();
        using TemporaryFolder ours = TemporaryFolder.InMemory();
        new ManagerLockstep(history, theirs.Path, ours.Path).RunAsync().GetAwaiter().GetResult();
        Tally.Add("manager actions in lockstep", history.Actions.Count);
    });

    [Test]
    public async Task A_step_of_a_bucket_is_moved_to_the_same_name()
    {
        using TemporaryFolder folder = TemporaryFolder.InMemory();
        StoppedClock clock = new();
        Directory.CreateDirectory(folder.Combine("runs", "1", "7"));
        await File.WriteAllTextAsync(folder.Combine("runs", "1", "7", "commit_success.txt"), "");
        JsonObject question = new() { ["step_folder"] = folder.Combine("runs", "1", "7"), ["todelete_full_path"] = "trash/x", ["now"] = clock.Nanoseconds };
        string[] theirs = [.. Oracle.Ask("manager_full_path_name", question).EnumerateArray().Select(name => name.GetString()!)];

        MemoryKvStore bucket = new();
        await bucket.WriteAsync("runs/1/7/commit_success.txt", "");
        CheckpointManagerOptions options = new() { ToDeleteFullPath = "trash/x", TimeProvider = clock };
        await using CheckpointManager manager = await CheckpointManager.OpenAsync(bucket.WithPrefix("runs/1/"), options);
        await manager.DeleteAsync(7);
        List<string> ours = [];
        await foreach (ListEntry entry in bucket.ListAsync())
        {
            ours.Add(entry.Key.ToString());
        }

        Assert.That(ours, Is.EqualTo(theirs));
    }
}
