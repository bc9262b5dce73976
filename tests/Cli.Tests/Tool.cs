using System.Text;
using System.Text.Json;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Tests;

/// <summary>What a command printed, and how it ended.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record ToolResult(int ExitCode, byte[] Output, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Standard output as JSON.</summary>
    public JsonElement Json => JsonElement.Parse(Output);
}

/// <summary>Runs the tool in this process, as it runs when its output is piped.</summary>
internal static class Tool
{
    /// <summary>Runs a command line to its end, whatever that is.</summary>
    public static Task<ToolResult> TryAsync(params string[] arguments) => TryAsync([], arguments);

    /// <summary>Runs a command line to its end, with something on standard input.</summary>
    public static async Task<ToolResult> TryAsync(byte[] input, string[] arguments)
    {
        using MemoryStream output = new();
        StringWriter error = new();
        using ToolConsole console = new(output, error, width: null, isErrorShown: false) { Input = new MemoryStream(input) };
        int code = await CommandLine.RunAsync(arguments, console);
        console.Flush();
        return new ToolResult(code, output.ToArray(), error.ToString());
    }

    /// <summary>Runs a command line that must succeed, and say nothing on standard error.</summary>
    public static async Task<ToolResult> RunAsync(params string[] arguments)
    {
        ToolResult result = await TryAsync(arguments);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Error, Is.Empty, string.Join(' ', arguments));
            Assert.That(result.ExitCode, Is.EqualTo(CommandLine.Success), string.Join(' ', arguments));
        }

        return result;
    }

    /// <summary>Runs a command line that must fail with one line on standard error and nothing on standard output.</summary>
    /// <returns>The line.</returns>
    public static async Task<string> FailAsync(int exitCode, params string[] arguments)
    {
        ToolResult result = await TryAsync(arguments);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.EqualTo(exitCode), result.Error);
            Assert.That(result.Output, Is.Empty);
            Assert.That(result.Error, Does.StartWith("ocdbt: ").And.EndsWith(Environment.NewLine));
            Assert.That(result.Error.AsSpan().TrimEnd().Count('\n'), Is.Zero, "one line");
        }

        return result.Error.TrimEnd();
    }
}
