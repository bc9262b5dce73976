using System.Globalization;
using System.Text.Json;

namespace OcdbtSharp.Checkpoint;

/// <summary>Reads numbers from metrics.</summary>
public static class MetricValue
{
    /// <summary>
    /// What ranks steps by one metric: for <see cref="CheckpointManagerOptions.BestFunction"/> and <see cref="PreservationPolicy.BestN"/>.
    /// </summary>
    /// <param name="name">The name of the metric.</param>
    /// <returns>Takes the metrics of a step and gives that number. It throws a <see cref="KeyNotFoundException"/> where there is none of the name.</returns>
    public static Func<JsonElement, double> Named(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return metrics => Read(metrics.GetProperty(name));
    }

    /// <summary>A number of metrics; also <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>, which JSON does not have and which are strings of these letters here.</summary>
    /// <exception cref="InvalidOperationException">It is neither a number nor such a string.</exception>
    public static double Read(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            var other => throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The metric is the string '{other}', not a number.")),
        }
        : value.GetDouble();
}
