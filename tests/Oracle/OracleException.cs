namespace OcdbtSharp.Oracle.Tests;

/// <summary>The reference implementation raised an error, or its process died.</summary>
/// <param name="type">The name of the Python exception, or <see cref="Died"/>.</param>
/// <param name="message">What it said.</param>
/// <param name="trace">Where it came from.</param>
internal sealed class OracleException(string type, string message, string trace = "") : Exception($"{type}: {message}\n{trace}")
{
    /// <summary>The type where the process ended or was killed because it took too long.</summary>
    public const string Died = "died";

    /// <summary>The name of the Python exception.</summary>
    public string Type { get; } = type;

    /// <summary>Whether the process ended by itself.</summary>
    public bool IsCrash { get; init; }
}
