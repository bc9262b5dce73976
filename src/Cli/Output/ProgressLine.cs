namespace OcdbtSharp.Cli.Output;

/// <summary>One line on standard error that tells how far a command has come, where a person reads it; gone when the command is done.</summary>
/// <param name="console">Where.</param>
/// <param name="toText">What has been done, as people read it.</param>
/// <typeparam name="T">What has been done.</typeparam>
internal sealed class ProgressLine<T>(ToolConsole console, Func<T, string> toText) : IProgress<T>, IDisposable
{
    private const int MillisecondsBetween = 100;
    private const string EraseLine = "\r\e[K";

    private readonly Lock _lock = new();
    private long _next = Environment.TickCount64 + MillisecondsBetween;
    private bool _isShown;

    /// <inheritdoc/>
    public void Report(T value)
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
            console.Error.Write(EraseLine + toText(value));
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
