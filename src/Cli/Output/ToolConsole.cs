using System.Text;

namespace OcdbtSharp.Cli.Output;

/// <summary>Where a command prints: results to standard output, as bytes or as text, everything else to standard error.</summary>
internal sealed class ToolConsole : IDisposable
{
    /// <summary>Wide enough for any line: what is piped is not cut.</summary>
    private const int Unlimited = int.MaxValue;

    private const int BufferSize = 1 << 16;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Lazy<StreamWriter> _text;

    /// <param name="output">Standard output; the caller closes it.</param>
    /// <param name="error">Standard error; the caller closes it.</param>
    /// <param name="width">Columns of the terminal that shows the output; null where it goes elsewhere.</param>
    /// <param name="isErrorShown">Whether a terminal shows the errors, so that progress has a reader.</param>
    public ToolConsole(Stream output, TextWriter error, int? width, bool isErrorShown)
    {
        Output = output;
        Error = error;
        IsTerminal = width is not null;
        Width = width ?? Unlimited;
        IsErrorShown = isErrorShown;
        _text = new Lazy<StreamWriter>(() => new StreamWriter(output, Utf8, BufferSize, leaveOpen: true) { NewLine = "\n" });
    }

    /// <summary>Standard output as bytes.</summary>
    public Stream Output { get; }

    /// <summary>Standard output as text; not mixed with <see cref="Output"/> by one command.</summary>
    public TextWriter Text => _text.Value;

    /// <summary>Standard input.</summary>
    public Stream Input { get; init; } = Stream.Null;

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person reads the output as it comes.</summary>
    public bool IsTerminal { get; }

    /// <summary>Whether a person reads the errors as they come.</summary>
    public bool IsErrorShown { get; }

    /// <summary>Columns that fit into a line.</summary>
    public int Width { get; }

    /// <summary>The console of this process.</summary>
    public static ToolConsole OfProcess()
    {
        int? width = null;
        if (!Console.IsOutputRedirected)
        {
            Console.OutputEncoding = Utf8;
            width = Math.Max(Console.WindowWidth, 40);
        }

        return new ToolConsole(Console.OpenStandardOutput(), Console.Error, width, !Console.IsErrorRedirected)
        {
            Input = Console.OpenStandardInput(),
        };
    }

    /// <summary>Sends what was written on its way.</summary>
    public void Flush()
    {
        if (_text.IsValueCreated)
        {
            _text.Value.Flush();
        }

        Output.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_text.IsValueCreated)
        {
            _text.Value.Dispose();
        }
    }
}
