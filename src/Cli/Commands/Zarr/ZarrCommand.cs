using System.CommandLine;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands.Zarr;

/// <summary><c>ocdbt zarr</c>: zarr arrays and groups.</summary>
internal static class ZarrCommand
{
    public static Command Create(ToolConsole console) => new("zarr", "Looks into zarr arrays and groups, and copies them in other forms.")
    {
        ZarrInfoCommand.Create(console),
        ZarrCopyCommand.Create(console),
    };
}
