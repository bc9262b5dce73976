using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>Several processes of Python that are one program of JAX: each has some of the devices, and all are asked the same.</summary>
internal sealed class OracleGroup : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5);
    private readonly OracleProcess[] _processes;

    /// <summary>Starts them.</summary>
    /// <param name="python">The interpreter.</param>
    /// <param name="count">How many.</param>
    /// <param name="devices">How many devices each has.</param>
    public OracleGroup(string python, int count, int devices)
    {
        int port = FreePort();
        Task<OracleProcess>[] starting = [.. Enumerable.Range(0, count).Select(index => Task.Run(() => new OracleProcess(python, StartLimit, new Dictionary<string, string>
        {
            ["ORACLE_PROCESS"] = $"{port} {count} {index}",
            ["XLA_FLAGS"] = $"--xla_force_host_platform_device_count={devices}",
        })))];
        _processes = Task.WhenAll(starting).Result;
    }

    /// <summary>Asks all of them at the same time.</summary>
    /// <returns>The answers, the first process' first.</returns>
    /// <exception cref="OracleException">One of them raised an error.</exception>
    public JsonElement[] Ask(string operation, JsonObject arguments)
    {
        Task<JsonElement>[] asking = [.. _processes.Select(process => Task.Run(() => process.Ask(operation, arguments, TimeSpan.FromMinutes(2))))];
        try
        {
            return Task.WhenAll(asking).Result;
        }
        catch (AggregateException error)
        {
            throw error.InnerExceptions[0];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (OracleProcess process in _processes)
        {
            process.Dispose();
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
