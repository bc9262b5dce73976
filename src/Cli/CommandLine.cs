using System.CommandLine;
using OcdbtSharp.Cli.Commands;
using OcdbtSharp.Cli.Commands.Kv;
using OcdbtSharp.Cli.Commands.Zarr;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Cli;

/// <summary>The tool: finds the command, runs it, and turns what fails into one line and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>The command did what it was told.</summary>
    public const int Success = 0;

    /// <summary>Something is damaged, missing, not supported, or differs.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong.</summary>
    public const int WrongUsage = 2;

    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments, ToolConsole console)
    {
        ParseResult parsed = CreateRoot(console).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            string command = parsed.CommandResult.Command.Name;
            string help = parsed.CommandResult.Command is RootCommand ? "ocdbt --help" : $"ocdbt {command} --help";
            return Report(console, $"{parsed.Errors[0].Message} Try '{help}'.", WrongUsage);
        }

        InvocationConfiguration invocation = new()
        {
            Output = console.Text,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            int code = await parsed.InvokeAsync(invocation);
            console.Flush();
            return code;
        }
        catch (UsageException error)
        {
            return Report(console, error.Message, WrongUsage);
        }
        catch (ArgumentException error)
        {
            return Report(console, WithoutParameter(error), WrongUsage);
        }
        catch (CorruptDataException error)
        {
            return Report(console, $"{error.Message}. The file is damaged: take it from another copy of the checkpoint.", Failure);
        }
        catch (OcdbtSharpException error)
        {
            return Report(console, error.Message, Failure);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            return Report(console, error.Message, Failure);
        }
        catch (OperationCanceledException)
        {
            return Report(console, "cancelled", Failure);
        }
    }

    private static RootCommand CreateRoot(ToolConsole console)
    {
        RootCommand root = new("Looks into, checks, converts and exports JAX checkpoints: Orbax, OCDBT, zarr.")
        {
            TreeCommand.Create(console),
            CatCommand.Create(console),
            StepsCommand.Create(console),
            ConvertCommand.Create(console),
            ExportCommand.Create(console),
            DiffCommand.Create(console),
            VerifyCommand.Create(console),
            KvCommand.Create(console),
            ZarrCommand.Create(console),
        };
        root.HelpName = "ocdbt";
        return root;
    }

    private static int Report(ToolConsole console, string message, int code)
    {
        console.Flush();
        console.Error.WriteLine("ocdbt: " + message.ReplaceLineEndings(" "));
        return code;
    }

    // The name of a method's parameter says nothing to the user of a tool.
    private static string WithoutParameter(ArgumentException error)
    {
        int suffix = error.ParamName is null ? -1 : error.Message.IndexOf($" (Parameter '{error.ParamName}')", StringComparison.Ordinal);
        return suffix < 0 ? error.Message : error.Message[..suffix];
    }
}
