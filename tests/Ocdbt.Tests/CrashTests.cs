using System.Diagnostics;
using System.Globalization;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Processes that are killed while they write, and many that write at the same time.</summary>
[TestFixture]
public sealed class CrashTests
{
    private const string Writer = "OcdbtSharp.Ocdbt.Writer.dll";
    private const int Databases = 4;
    private const int LivesEach = 50;
    private const int Seed = 20260131;

    /// <summary>4 databases, 50 lives each, 200 in all, two at a time.</summary>
    [Test]
    public async Task Killed_writers_lose_nothing_that_was_acknowledged_and_leave_nothing_half()
    {
        int killed = 0;
        long commits = 0;
        long deleted = 0;
        await Parallel.ForAsync(0, Databases, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (database, _) =>
        {
            using TemporaryFolder folder = TemporaryFolder.InMemory();
            OcdbtManifestKind kind = database % 2 == 0 ? OcdbtManifestKind.Single : OcdbtManifestKind.Numbered;
            Random random = new(Seed + database);
            long acknowledged = 0;
            for (int life = 0; life < LivesEach; life++)
            {
                acknowledged = Math.Max(acknowledged, await LiveAsync(folder.Path, kind, random));
                Interlocked.Increment(ref killed);
                await CheckAsync(folder.Path, acknowledged);
            }

            Interlocked.Add(ref commits, acknowledged);

            Interlocked.Add(ref deleted, await CheckGarbageAsync(folder, acknowledged));
        });
        TestContext.Out.WriteLine($"{killed} writers killed, {commits} commits, {deleted} files without a reference");
        Assert.That(killed, Is.EqualTo(Databases * LivesEach));
        Assert.That(commits, Is.GreaterThan(killed / 2));

        // A few may all be killed while they write nothing.
        Assert.That(deleted, killed < 50 ? Is.Not.Negative : Is.Positive);
    }

    [Test]
    public async Task Eight_processes_lose_no_update([Values] OcdbtManifestKind kind)
    {
        const int Processes = 8;
        const int Keys = 500;
        using TemporaryFolder folder = TemporaryFolder.InMemory();
        await Task.WhenAll(Enumerable.Range(0, Processes).Select(process => ChildProcess.RunAsync(
            Writer, ["add", folder.Path, $"{kind}", $"{process}", $"{Keys}"], TimeSpan.FromMinutes(3))));
        OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(folder.Path));
        int counter = int.Parse((await store.ReadAsync("counter")).Value.Span, CultureInfo.InvariantCulture);
        Assert.That(counter, Is.EqualTo(Processes * Keys));
        Assert.That(await store.ListAsync(KeyRange.Prefix("key/")).CountAsync(), Is.EqualTo(Processes * Keys));
        OcdbtVerification verified = await OcdbtVerification.RunAsync(new FileKvStore(folder.Path));
        Assert.That(verified.Faults, Is.Empty);
        TestContext.Out.WriteLine($"{kind}: {verified.VersionCount} versions");
    }

    /// <summary>Starts a writer and kills it at a moment drawn by chance.</summary>
    /// <returns>The last commit that it acknowledged; 0 where there was none.</returns>
    private static async Task<long> LiveAsync(string folder, OcdbtManifestKind kind, Random random)
    {
        using Process process = ChildProcess.Start(Writer, ["commit", folder, $"{kind}"]);
        long acknowledged = 0;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task reading = Task.Run(async () =>
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                acknowledged = long.Parse(line, CultureInfo.InvariantCulture);
            }
        });

        // Most are killed while they commit, some while they start or open.
        for (bool waits = random.Next(5) > 0; waits && Volatile.Read(ref acknowledged) == 0 && !process.HasExited;)
        {
            await Task.Delay(1);
        }

        await Task.Delay(random.Next(40));
        Assert.That(process.HasExited, Is.False, () => errors.Result);
        process.Kill();
        await process.WaitForExitAsync();
        await reading;
        return acknowledged;
    }

    private static async Task CheckAsync(string folder, long acknowledged)
    {
        FileKvStore files = new(folder);
        if (!File.Exists(Path.Combine(folder, "manifest.ocdbt")))
        {
            Assert.That(acknowledged, Is.Zero);
            return;
        }

        OcdbtStore store = await OcdbtStore.OpenAsync(files);
        List<long> parts = [];
        await foreach (ListEntry entry in store.ListAsync(KeyRange.Prefix("part/")))
        {
            ReadOnlyMemory<byte> value = (await store.ReadAsync(entry.Key)).Value;
            parts.Add(BitConverter.ToInt64(value.Span));
            Assert.That(value.Span[8..].ContainsAnyExcept((byte)parts[^1]), Is.False, "a value is whole");
        }

        Assert.That(parts, Has.Count.EqualTo(parts.Count == 0 ? 0 : 8), "all parts of a commit are there");
        Assert.That(parts.Distinct().Count(), Is.LessThanOrEqualTo(1), "all parts are of one commit");
        long last = parts.Count == 0 ? 0 : parts[0];
        Assert.That(last, Is.InRange(acknowledged, acknowledged + 1));
        Assert.That(await store.ListAsync(KeyRange.Prefix("log/")).CountAsync(), Is.EqualTo(last), "every commit is there");
        OcdbtVerification verified = await OcdbtVerification.RunAsync(files);
        Assert.That(verified.Faults, Is.Empty);
    }

    /// <summary>What the killed writers left goes, and nothing else.</summary>
    /// <returns>Number of files that went.</returns>
    private static async Task<int> CheckGarbageAsync(TemporaryFolder folder, long acknowledged)
    {
        FileKvStore files = new(folder.Path);
        OcdbtGarbage garbage = await (await OcdbtStore.OpenAsync(files)).CollectGarbageAsync(TimeSpan.Zero);
        await CheckAsync(folder.Path, acknowledged);
        Assert.That((await OcdbtVerification.RunAsync(files)).Orphans, Is.Empty);
        Assert.That(Directory.GetFiles(folder.Combine("d"), "*.__lock"), Is.Empty);
        return garbage.Deleted.Count;
    }
}
