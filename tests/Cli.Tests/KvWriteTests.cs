using System.Text;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Cli.Tests;

/// <summary>The commands of <c>ocdbt kv</c> that write.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class KvWriteTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Db => _folder.Combine("db");

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task Put_creates_the_database_and_get_reads_it()
    {
        byte[] value = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];
        string file = _folder.Combine("value");
        File.WriteAllBytes(file, value);
        await Tool.RunAsync("kv", "put", Db, "a/b", file);
        Assert.That((await Tool.TryAsync(Encoding.UTF8.GetBytes("from input"), ["kv", "put", Db, "hex:00ff", "-"])).ExitCode, Is.Zero);
        Assert.That((await Tool.TryAsync([], ["kv", "put", Db, "empty", "-"])).ExitCode, Is.Zero);
        Assert.That((await Tool.RunAsync("kv", "get", Db, "a/b")).Output, Is.EqualTo(value));
        Assert.That((await Tool.RunAsync("kv", "get", Db, "hex:00ff")).Text, Is.EqualTo("from input"));
        Assert.That((await Tool.RunAsync("kv", "get", Db, "empty")).Output, Is.Empty);
        Assert.That((await Tool.RunAsync("kv", "verify", Db)).Text, Does.Contain("whole"));
    }

    [Test]
    public async Task A_new_database_has_the_options_given()
    {
        string file = _folder.Combine("value");
        File.WriteAllBytes(file, new byte[100]);
        await Tool.RunAsync(
            "kv", "put", Db, "key", file, "--manifest-kind", "numbered", "--max-inline-value-bytes", "50", "--max-decoded-node-bytes", "1000",
            "--version-tree-arity-log2", "3", "--compression", "zstd:5", "--value-data-prefix", "v/", "--btree-node-data-prefix", "b/");
        OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(Db));
        Assert.That(store.Config with { Uuid = null }, Is.EqualTo(new OcdbtConfig
        {
            ManifestKind = OcdbtManifestKind.Numbered,
            MaxInlineValueBytes = 50,
            MaxDecodedNodeBytes = 1000,
            VersionTreeArityLog2 = 3,
            Compression = OcdbtCompression.Zstd(5),
        }));
        Assert.That(Directory.GetFiles(Path.Combine(Db, "v")), Has.Length.EqualTo(1));
        Assert.That(Directory.GetFiles(Path.Combine(Db, "b")), Has.Length.EqualTo(1));
        Assert.That(await Tool.FailAsync(CommandLine.Failure, "kv", "put", Db, "key", file, "--compression", "none"), Does.Contain("compression"));
        await Tool.RunAsync("kv", "put", Db, "key", file, "--max-inline-value-bytes", "50");
    }

    [TestCase("--compression", "gzip")]
    [TestCase("--compression", "zstd:fast")]
    [TestCase("--compression", "zstd:1000")]
    [TestCase("--version-tree-arity-log2", "17")]
    [TestCase("--max-inline-value-bytes", "-1")]
    [TestCase("--manifest-kind", "double")]
    public async Task Wrong_options_are_wrong_usage(params string[] options)
    {
        string file = _folder.Combine("value");
        File.WriteAllText(file, "value");
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, ["kv", "put", Db, "key", file, .. options]), Is.Not.Empty);
        Assert.That(Directory.Exists(Db), Is.False);
    }

    [Test]
    public async Task Import_takes_in_a_folder_and_rm_deletes_by_key_and_prefix()
    {
        string source = _folder.Combine("source");
        Directory.CreateDirectory(Path.Combine(source, "sub", "deeper"));
        File.WriteAllText(Path.Combine(source, "top"), "1");
        File.WriteAllText(Path.Combine(source, "sub", "one"), new string('x', 5000));
        File.WriteAllText(Path.Combine(source, "sub", "deeper", "two"), "");
        Assert.That((await Tool.RunAsync("kv", "import", Db, source)).Text, Is.EqualTo("imported 3 keys\n"));
        Assert.That(await KeysAsync(), Is.EqualTo(["sub/deeper/two", "sub/one", "top"]));
        Assert.That((await Tool.RunAsync("kv", "get", Db, "sub/one")).Text, Is.EqualTo(new string('x', 5000)));
        Assert.That((await Tool.RunAsync("kv", "import", Db, source, "--prefix", "again/")).Text, Is.EqualTo("imported 3 keys\n"));
        Assert.That(await KeysAsync(), Has.Length.EqualTo(6));

        Assert.That((await Tool.RunAsync("kv", "rm", Db, "--prefix", "again/", "--dry-run")).Text, Does.Contain("again/sub/one\n").And.Contain("would delete 3 keys"));
        Assert.That(await KeysAsync(), Has.Length.EqualTo(6));
        Assert.That((await Tool.RunAsync("kv", "rm", Db, "--prefix", "again/")).Text, Is.EqualTo("deleted 3 keys\n"));
        Assert.That((await Tool.RunAsync("kv", "rm", Db, "top")).Text, Is.EqualTo("deleted 1 key\n"));
        Assert.That(await KeysAsync(), Is.EqualTo(["sub/deeper/two", "sub/one"]));
        Assert.That(await Tool.FailAsync(CommandLine.Failure, "kv", "rm", Db, "top"), Does.Contain("no such key"));
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, "kv", "rm", Db), Does.Contain("--prefix"));
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, "kv", "rm", Db, "a", "--prefix", "b"), Does.Contain("--prefix"));
    }

    [Test]
    public async Task Import_takes_in_json_lines()
    {
        string lines = _folder.Combine("lines");
        File.WriteAllText(lines, """
            {"key": "text", "value": "ä"}

            {"key_hex": "00ff", "value_hex": "0102"}
            {"key": "base64", "value_base64": "AAEC"}
            """);
        Assert.That((await Tool.RunAsync("kv", "import", Db, lines)).Text, Is.EqualTo("imported 3 keys\n"));
        Assert.That((await Tool.RunAsync("kv", "get", Db, "text")).Text, Is.EqualTo("ä"));
        Assert.That((await Tool.RunAsync("kv", "get", Db, "hex:00ff")).Output, Is.EqualTo((byte[])[1, 2]));
        Assert.That((await Tool.RunAsync("kv", "get", Db, "base64")).Output, Is.EqualTo((byte[])[0, 1, 2]));
        foreach (string wrong in (string[])["[]", "{", """{"key": "a"}""", """{"value": "a"}""", """{"key": "a", "value": 1}""", """{"key": "a", "value": "b", "c": "d"}""", """{"key_hex": "0", "value": ""}"""])
        {
            File.WriteAllText(lines, """{"key": "never", "value": "seen"}""" + "\n" + wrong);
            Assert.That(await Tool.FailAsync(CommandLine.Failure, "kv", "import", Db, lines), Does.Contain(lines).And.Contain("Line 2"), wrong);
        }

        Assert.That(await KeysAsync(), Does.Not.Contain("never"), "all or nothing");
    }

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["ocdbt"])]
    public async Task Import_takes_in_another_database(GoldenCase golden)
    {
        await Tool.RunAsync("kv", "import", Db, golden.Data);
        JsonElement copied = (await Tool.RunAsync("kv", "ls", Db, "--json", "--sha256")).Json;
        JsonElement original = (await Tool.RunAsync("kv", "ls", golden.Data, "--json", "--sha256")).Json;
        Assert.That(JsonElement.DeepEquals(copied, original));
    }

    [Test]
    public async Task Copy_merges_databases_by_reference()
    {
        string file = _folder.Combine("value");
        File.WriteAllText(file, new string('v', 5000));
        foreach (string part in (string[])["part_0", "part_1"])
        {
            string child = Path.Combine(Db, part);
            await Tool.RunAsync("kv", "put", child, $"{part}/long", file);
            await Tool.RunAsync("kv", "put", child, $"{part}/again", file);
            Assert.That((await Tool.RunAsync("kv", "copy", child, Db)).Text, Is.EqualTo("copied 2 keys\n"));
        }

        Assert.That(await KeysAsync(), Is.EqualTo(["part_0/again", "part_0/long", "part_1/again", "part_1/long"]));
        Assert.That((await Tool.RunAsync("kv", "get", Db, "part_1/long")).Text, Is.EqualTo(new string('v', 5000)));
        Assert.That(Directory.GetFiles(Path.Combine(Db, "d")).Sum(data => new FileInfo(data).Length), Is.LessThan(5000));
        Assert.That((await Tool.RunAsync("kv", "copy", Path.Combine(Db, "part_0"), Db, "--prefix", "part_0/", "--target-prefix", "x/")).Text, Is.EqualTo("copied 2 keys\n"));
        Assert.That(await KeysAsync(), Does.Contain("x/long"));
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, "kv", "copy", Db, Path.Combine(Db, "part_0")), Does.Contain("below"));

        // With what it refers to copied in, the parts are no longer needed.
        await Tool.RunAsync("kv", "compact", Db, "--include-base-paths");
        Directory.Delete(Path.Combine(Db, "part_0"), recursive: true);
        Directory.Delete(Path.Combine(Db, "part_1"), recursive: true);
        Assert.That((await Tool.RunAsync("kv", "verify", Db)).Text, Does.Contain("whole"));
        Assert.That((await Tool.RunAsync("kv", "get", Db, "x/long")).Text, Is.EqualTo(new string('v', 5000)));
    }

    [Test]
    public async Task Upkeep_frees_what_old_versions_took()
    {
        string file = _folder.Combine("value");
        for (int i = 0; i < 5; i++)
        {
            File.WriteAllText(file, new string((char)('a' + i), 10_000));
            await Tool.RunAsync("kv", "put", Db, "key", file);
        }

        long before = Size();
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, "kv", "prune", Db), Does.Contain("--keep"));
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, "kv", "gc", Db, "--older-than", "soon"), Does.Contain("age"));
        Assert.That((await Tool.RunAsync("kv", "prune", Db, "--keep", "2", "--dry-run")).Text, Is.EqualTo("would drop 4 versions, 2 kept\n"));
        Assert.That((await Tool.RunAsync("kv", "versions", Db, "--json")).Json.GetArrayLength(), Is.EqualTo(6));
        JsonElement pruned = (await Tool.RunAsync("kv", "prune", Db, "--keep", "2", "--keep-within", "0", "--json")).Json;
        Assert.That((pruned.GetProperty("kept").GetInt64(), pruned.GetProperty("dropped").GetInt64()), Is.EqualTo((2, 4)));
        Assert.That((await Tool.RunAsync("kv", "compact", Db, "--json")).Json.GetProperty("values").GetInt64(), Is.EqualTo(2));
        Assert.That((await Tool.RunAsync("kv", "gc", Db)).Text, Does.StartWith("deleted 0 files").And.Contain("too young"));
        Assert.That((await Tool.RunAsync("kv", "gc", Db, "--older-than", "0", "--dry-run")).Text, Does.Contain("would delete"));
        Assert.That(Size(), Is.GreaterThanOrEqualTo(before));
        JsonElement collected = (await Tool.RunAsync("kv", "gc", Db, "--older-than", "0", "--json")).Json;
        Assert.That(collected.GetProperty("deleted_bytes").GetInt64(), Is.GreaterThan(50_000));
        Assert.That(Size(), Is.LessThan(before / 2));
        Assert.That((await Tool.RunAsync("kv", "get", Db, "key")).Text, Is.EqualTo(new string('e', 10_000)));
        Assert.That((await Tool.RunAsync("kv", "verify", Db, "--json")).Json.GetProperty("orphans").GetArrayLength(), Is.Zero);
    }

    [TestCase("rm", "key")]
    [TestCase("prune", "--keep", "1")]
    [TestCase("compact")]
    [TestCase("gc")]
    [TestCase("verify")]
    public async Task What_does_not_exist_is_not_created(params string[] arguments)
    {
        Assert.That(await Tool.FailAsync(CommandLine.Failure, ["kv", arguments[0], Db, .. arguments[1..]]), Does.Contain("manifest.ocdbt"));
        Assert.That(Directory.Exists(Db), Is.False);
    }

    private long Size() => Directory.GetFiles(Db, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);

    private async Task<string[]> KeysAsync() =>
        [.. await (await OcdbtStore.OpenAsync(new FileKvStore(Db))).ListAsync().Select(entry => entry.Key.ToString()).ToListAsync()];
}
