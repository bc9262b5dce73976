using System.Text.Json;
using System.Text.Json.Nodes;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>The reference implementations, asked through one Python process for all tests of the assembly; it is started again when it died.</summary>
internal static class Oracle
{
    private static readonly Lock Gate = new();
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static OracleProcess? _process;

    /// <summary>The interpreter that has the packages, where there is one.</summary>
    public static string? Python { get; } = Environment.GetEnvironmentVariable("OCDBTSHARP_PYTHON") is { Length: > 0 } set ? set : null;

    /// <summary>Skips the test where there is no interpreter.</summary>
    public static void Require()
    {
        if (Python is null)
        {
            Assert.Ignore("OCDBTSHARP_PYTHON names no interpreter with Orbax and TensorStore; `tests/Oracle/find-python` prints one.");
        }
    }

    /// <summary>Asks for an operation of <c>operations/</c>.</summary>
    /// <param name="operation">Its name.</param>
    /// <param name="arguments">What it is called with.</param>
    /// <param name="limit">After this time the process is killed and the question fails; two minutes unless given.</param>
    /// <returns>What it returned.</returns>
    /// <exception cref="OracleException">It raised an error, died, or took too long.</exception>
    public static JsonElement Ask(string operation, JsonObject arguments, TimeSpan? limit = null)
    {
        lock (Gate)
        {
            Require();
            if (_process is null || _process.HasEnded)
            {
                _process?.Dispose();
                _process = new OracleProcess(Python!, StartLimit);
            }

            try
            {
                return _process.Ask(operation, arguments, limit ?? TimeSpan.FromMinutes(2));
            }
            catch (OracleException error) when (error.Type == OracleException.Died)
            {
                _process.Dispose();
                _process = null;
                throw;
            }
        }
    }

    /// <summary>Asks for something that may be refused.</summary>
    /// <returns>The answer, or the error that the reference implementation raised.</returns>
    public static (JsonElement? Answer, OracleException? Refusal) Try(string operation, JsonObject arguments, TimeSpan? limit = null)
    {
        try
        {
            return (Ask(operation, arguments, limit), null);
        }
        catch (OracleException error) when (error.Type != OracleException.Died)
        {
            return (null, error);
        }
    }

    /// <summary>Ends the process and whatever it started.</summary>
    public static void Stop()
    {
        lock (Gate)
        {
            _process?.Dispose();
            _process = null;
        }
    }
}
