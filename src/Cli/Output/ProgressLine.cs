using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Cli.Output;

/// <summary>One line on standard error that tells how far a command has come, where a person reads it; gone when the command is done.</summary>
/// <param name="console">Where.</param>
/// <param name="verb">What is being done, in the past.</param>
internal sealed class ProgressLine(ToolConsole console, string verb) : IProgress<RestoreProgress>, IDisposable
{
    private const int MillisecondsBetween = 100;
    private const string EraseLine = "\r\e[K";

    private readonly Lock _lock = new();
    private long _next = Environment.TickCount64 + MillisecondsBetween;
    private bool _isShown;

    /// <inheritdoc/>
    public void Report(RestoreProgress value) =>
        Show(() => $"{value.Leaves} of {value.TotalLeaves}, {ByteText.Of(value.Bytes)} of {ByteText.Of(value.TotalBytes)}");

    /// <summary>Shows how many bytes are done, where nobody knows of how many.</summary>
    public void Show(long bytes) => Show(() => ByteText.Of(bytes));

    private void Show(Func<string> text)
    {
        if (!console.IsErrorShown)
        {
            return;
        }

        lock (_lock)
        {
            long now = Environment.TickCount64;
            if (now < _next)
            {
                return;
            }

            _next = now + MillisecondsBetween;
            _isShown = true;
            console.Error.Write($"{EraseLine}{verb} {text()}");
            console.Error.Flush();
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
