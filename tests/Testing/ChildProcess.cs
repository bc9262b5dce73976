using System.Diagnostics;

namespace OcdbtSharp.Testing;

/// <summary>Programs run beside the tests.</summary>
public static class ChildProcess
{
    /// <summary>Runs a program of this repository that a test project references, or any other, to its end.</summary>
    /// <param name="program">A program on the path, or the name of a <c>.dll</c> beside the tests.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="timeout">When to kill it.</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed, or took too long.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, TimeSpan timeout)
    {
        using Process process = Start(program, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource limit = new(timeout);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{program} did not end within {timeout}.");
        }

        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await errors}");
    }

    /// <summary>Starts a program whose output and errors the caller reads.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public static Process Start(string program, IEnumerable<string> arguments)
    {
        bool isOurs = program.EndsWith(".dll", StringComparison.Ordinal);
        ProcessStartInfo info = new(isOurs ? Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet" : program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in isOurs ? arguments.Prepend(Path.Combine(AppContext.BaseDirectory, program)) : arguments)
        {
            info.ArgumentList.Add(argument);
        }

        return Process.Start(info) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    /// <summary>Whether a program can be found on the path.</summary>
    public static bool Exists(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
