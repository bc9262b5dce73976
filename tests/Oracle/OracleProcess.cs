using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>One run of <c>oracle.py</c>. It ends when its input does, so it does not outlive the tests even where they are killed.</summary>
internal sealed class OracleProcess : IDisposable
{
    private const int ErrorLines = 40;
    private readonly Process _process;
    private readonly Queue<string> _errors = new();
    private int _requests;

    /// <summary>Starts it and waits until the libraries are loaded.</summary>
    /// <param name="python">The interpreter.</param>
    /// <param name="limit">After this time it is killed.</param>
    /// <param name="environment">Variables that it is started with.</param>
    public OracleProcess(string python, TimeSpan limit, IEnumerable<KeyValuePair<string, string>>? environment = null)
    {
        ProcessStartInfo info = new(python)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? [])
        {
            info.Environment[name] = value;
        }

        info.ArgumentList.Add(Path.Combine(SourceFolder.Path, "oracle.py"));
        _process = Process.Start(info) ?? throw new InvalidOperationException($"{python} did not start.");
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
        ReadLine(limit);
    }

    /// <summary>Whether it can no longer be asked.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Asks one question; one at a time.</summary>
    public JsonElement Ask(string operation, JsonObject arguments, TimeSpan limit)
    {
        JsonObject request = new() { ["id"] = ++_requests, ["op"] = operation };
        foreach ((string name, JsonNode? value) in arguments)
        {
            request[name] = value?.DeepClone();
        }

        try
        {
            _process.StandardInput.WriteLine(request.ToJsonString());
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            throw new OracleException(OracleException.Died, Errors());
        }

        using JsonDocument answer = JsonDocument.Parse(ReadLine(limit));
        if (answer.RootElement.TryGetProperty("error", out JsonElement error))
        {
            throw new OracleException(Text(error, "type"), Text(error, "message"), Text(error, "trace"));
        }

        return answer.RootElement.GetProperty("ok").Clone();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";

    private string ReadLine(TimeSpan limit)
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        if (!line.Wait(limit))
        {
            _process.Kill(entireProcessTree: true);
            throw new OracleException(OracleException.Died, $"no answer within {limit}. {Errors()}");
        }

        return line.Result ?? throw new OracleException(OracleException.Died, Errors()) { IsCrash = true };
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_errors)
            {
                _errors.Enqueue(line);
                if (_errors.Count > ErrorLines)
                {
                    _errors.Dequeue();
                }
            }
        }
    }

    private string Errors()
    {
        lock (_errors)
        {
            return string.Join('\n', _errors);
        }
    }
}
