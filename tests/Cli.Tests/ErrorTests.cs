using OcdbtSharp.Testing;

namespace OcdbtSharp.Cli.Tests;

/// <summary>What fails ends with one line that names the file and says what to do, and with the exit code of its kind.</summary>
public sealed class ErrorTests
{
    private static string Example => Path.Combine(GoldenCase.Root, "orbax", "seed-example", "data");

    [TestCase("nonsense")]
    [TestCase("tree")]
    [TestCase("tree", "a", "b")]
    [TestCase("tree", "a", "--nonsense")]
    [TestCase("cat")]
    [TestCase("kv")]
    [TestCase("kv", "nonsense")]
    [TestCase("kv", "get", "a")]
    [TestCase]
    public async Task Wrong_usage_points_to_the_help(params string[] arguments) =>
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, arguments), Does.Match("'ocdbt .*--help'"));

    [TestCase("no.such.leaf")]
    [TestCase("a", "--slice", "0:4,:,:,:,:,:,:,:,:")]
    [TestCase("a", "--slice", "x")]
    [TestCase("a", "--step", "7")]
    [TestCase("a", "--item", "nope")]
    [TestCase]
    [TestCase("e", "--slice", "0")]
    public async Task What_is_not_in_the_checkpoint_is_wrong_usage(params string[] arguments) =>
        Assert.That(await Tool.FailAsync(CommandLine.WrongUsage, ["cat", Example, .. arguments]), Is.Not.Empty);

    [TestCase("tree", "PATH")]
    [TestCase("cat", "PATH", "a")]
    [TestCase("kv", "ls", "PATH")]
    [TestCase("kv", "get", "PATH", "a")]
    [TestCase("kv", "versions", "PATH")]
    public async Task What_does_not_exist_is_named(params string[] arguments)
    {
        using TemporaryFolder folder = new();
        string missing = folder.Combine("missing");
        Assert.That(await Tool.FailAsync(CommandLine.Failure, [.. arguments.Select(argument => argument == "PATH" ? missing : argument)]), Does.Contain(missing));
    }

    [Test]
    public async Task A_damaged_file_is_named()
    {
        using TemporaryFolder folder = new();
        string manifest = folder.Combine("manifest.ocdbt");
        byte[] bytes = File.ReadAllBytes(Path.Combine(GoldenCase.Root, "ocdbt", "one-inline", "data", "manifest.ocdbt"));
        bytes[^6] ^= 1;
        File.WriteAllBytes(manifest, bytes);
        Assert.That(await Tool.FailAsync(CommandLine.Failure, "kv", "ls", folder.Path), Does.Contain(manifest).And.Contain("another copy"));
    }
}
