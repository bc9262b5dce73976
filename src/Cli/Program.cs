using OcdbtSharp.Cli;
using OcdbtSharp.Cli.Output;

using ToolConsole console = ToolConsole.OfProcess();
return await CommandLine.RunAsync(args, console);
