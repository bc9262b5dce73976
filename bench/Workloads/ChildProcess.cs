using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OcdbtSharp.Workloads;

/// <summary>Runs another program once and tells what it took, as the kernel counts it.</summary>
internal static partial class ChildProcess
{
    private const int OfChildren = -1;

    /// <summary>
    /// Runs a program without its output and prints a JSON line: seconds, processor time, and the peak of its resident memory (<c>ru_maxrss</c>, of the largest
    /// where it starts others). It is killed when it takes longer than <paramref name="maxSeconds"/> or holds more than <paramref name="maxBytes"/>.
    /// </summary>
    /// <returns>What the program returned.</returns>
    public static int Run(string[] command, double maxSeconds, long maxBytes)
    {
        // The shell becomes the program; its output is not read by this process, whose memory would count.
        ProcessStartInfo start = new("/bin/sh", ["-c", "exec \"$@\" >/dev/null", "sh", .. command]);
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        string? killed = null;
        while (!process.WaitForExit(milliseconds: 20))
        {
            killed = Stopwatch.GetElapsedTime(begin).TotalSeconds > maxSeconds ? "time" : Resident(process.Id) > maxBytes ? "memory" : null;
            if (killed is not null)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                break;
            }
        }

        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        if (GetUsage(OfChildren, out Usage usage) != 0)
        {
            throw new InvalidOperationException("getrusage failed.");
        }

        Measurement.PrintLine(json =>
        {
            json.WriteNumber("s", Math.Round(seconds, 3));
            json.WriteNumber("cpu_s", Math.Round(usage.UserSeconds + usage.SystemSeconds + ((usage.UserMicroseconds + usage.SystemMicroseconds) / 1e6), 3));
            json.WriteNumber("peak_rss_bytes", usage.MaxResidentKilobytes << 10);
            json.WriteNumber("exit_code", process.ExitCode);
            json.WriteString("killed", killed ?? "");
        });
        return process.ExitCode;
    }

    private static long Resident(int process)
    {
        try
        {
            string pages = File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/statm").Split(' ')[1];
            return long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (Exception exception) when (exception is IOException or IndexOutOfRangeException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, out Usage usage);

    /// <summary>The kernel's <c>struct rusage</c> of 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private readonly struct Usage
    {
        public readonly long UserSeconds;
        public readonly long UserMicroseconds;
        public readonly long SystemSeconds;
        public readonly long SystemMicroseconds;
        public readonly long MaxResidentKilobytes;
    }
}
