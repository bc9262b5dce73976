using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace OcdbtSharp.Cli.Commands;

/// <summary>The other processes of a conversion, which run this tool with the same arguments.</summary>
internal sealed class ConvertProcesses : IDisposable
{
    private readonly List<(Process Process, Task<string> Errors)> _processes = [];

    private ConvertProcesses()
    {
    }

    /// <summary>No other processes.</summary>
    public static ConvertProcesses None => new();

    /// <summary>Starts all but the first.</summary>
    /// <param name="parsed">The command line of this one.</param>
    /// <param name="count">How many there are with this one.</param>
    public static ConvertProcesses Start(ParseResult parsed, int count)
    {
        ConvertProcesses started = new();
        try
        {
            for (int index = 1; index < count; index++)
            {
                ProcessStartInfo info = new(Environment.ProcessPath!) { RedirectStandardError = true, RedirectStandardOutput = true };
                if (Path.GetFileNameWithoutExtension(info.FileName) == "dotnet")
                {
                    info.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "ocdbt.dll"));
                }

                foreach (string argument in parsed.Tokens.Select(token => token.Value))
                {
                    info.ArgumentList.Add(argument);
                }

                info.ArgumentList.Add("--process");
                info.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"{index}/{count}"));
                Process process = Process.Start(info) ?? throw new IOException($"Process {index} did not start.");
                process.OutputDataReceived += (_, _) => { };
                process.BeginOutputReadLine();
                started._processes.Add((process, process.StandardError.ReadToEndAsync()));
            }

            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    /// <summary>Waits for their ends.</summary>
    /// <exception cref="IOException">One of them failed.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        foreach ((Process process, Task<string> errors) in _processes)
        {
            string text = await errors.WaitAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw new IOException($"a process failed: {text.Trim()}");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Process process, _) in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.Dispose();
        }

        _processes.Clear();
    }
}
