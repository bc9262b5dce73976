using System.Diagnostics;
using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Cli.Output;

/// <summary>One line on standard error that tells how much is written and how fast, where a person reads it.</summary>
internal sealed class ConversionProgress(ToolConsole console) : IProgress<SaveProgress>, IDisposable
{
    private const int MillisecondsBetween = 100;
    private const string EraseLine = "\r\e[K";

    private readonly Lock _lock = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _next = Environment.TickCount64 + MillisecondsBetween;
    private bool _isShown;

    /// <summary>Bytes a second since the beginning.</summary>
    public string Rate(long bytes) => ByteText.Of((long)(bytes / Math.Max(1e-6, Stopwatch.GetElapsedTime(_start).TotalSeconds))) + "/s";

    /// <inheritdoc/>
    public void Report(SaveProgress value)
    {
        if (!console.IsErrorShown)
        {
            return;
        }

        lock (_lock)
        {
            long now = Environment.TickCount64;
            if (now >= _next)
            {
                _next = now + MillisecondsBetween;
                _isShown = true;
                console.Error.Write($"{EraseLine}written {ByteText.Of(value.Bytes)} of {ByteText.Of(value.TotalBytes)}, {Rate(value.Bytes)}");
                console.Error.Flush();
            }
        }
    }

    /// <summary>Erases the line.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isShown)
            {
                console.Error.Write(EraseLine);
                console.Error.Flush();
            }

            _isShown = false;
            _next = long.MaxValue;
        }
    }
}
