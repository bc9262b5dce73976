using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace OcdbtSharp.Workloads;

/// <summary>Times an action several times and prints the figures as one JSON line.</summary>
internal static class Measurement
{
    /// <summary>How often a workload runs unless <c>--runs</c> says otherwise; the minimum is what machines can be compared by.</summary>
    public static int Runs { get; set; } = 5;

    /// <summary>How often it runs before that, without being measured.</summary>
    public static int WarmUpRuns { get; set; }

    /// <summary>A file or folder that is dropped from the page cache before each run; null to leave it there.</summary>
    public static string? ColdPath { get; set; }

    /// <summary>
    /// Runs <paramref name="action"/> <see cref="WarmUpRuns"/> and then <see cref="Runs"/> times, each after <paramref name="prepare"/>, which is not timed.
    /// </summary>
    public static async Task RunAsync(string name, long bytes, Func<Task> action, Func<Task>? prepare = null, Action<Utf8JsonWriter>? more = null)
    {
        double[] seconds = new double[Runs];
        double processor = double.MaxValue;
        for (int run = -WarmUpRuns; run < Runs; run++)
        {
            if (prepare is not null)
            {
                await prepare();
            }

            if (ColdPath is not null)
            {
                PageCache.Drop(ColdPath);
            }

            TimeSpan before = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            await action();
            if (run < 0)
            {
                continue;
            }

            seconds[run] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            processor = Math.Min(processor, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
        }

        Print(name, bytes, seconds, processor, more);
    }

    /// <summary>The same for work that does not wait.</summary>
    public static Task RunAsync(string name, long bytes, Action action, Action? prepare = null) =>
        RunAsync(name, bytes, Wrap(action), prepare is null ? null : Wrap(prepare));

    private static Func<Task> Wrap(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    /// <summary>Prints one JSON line.</summary>
    public static void PrintLine(Action<Utf8JsonWriter> write)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        Console.Out.WriteLine(Encoding.UTF8.GetString(line.ToArray()));
    }

    private static void Print(string name, long bytes, double[] seconds, double processor, Action<Utf8JsonWriter>? more)
    {
        Array.Sort(seconds);
        PrintLine(json =>
        {
            json.WriteString("name", name);
            json.WriteNumber("bytes", bytes);
            json.WriteNumber("min_s", Math.Round(seconds[0], 6));
            json.WriteNumber("median_s", Math.Round(seconds[seconds.Length / 2], 6));
            json.WriteNumber("min_cpu_s", Math.Round(processor, 6));
            json.WriteNumber("GBps", Math.Round(bytes / seconds[0] / 1e9, 3));
            json.WriteNumber("peak_rss_bytes", Process.GetCurrentProcess().PeakWorkingSet64);
            more?.Invoke(json);
        });
    }
}
