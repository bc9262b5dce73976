using System.CommandLine;
using OcdbtSharp.Cli.Output;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary><c>ocdbt kv</c>: an OCDBT database, key by key.</summary>
internal static class KvCommand
{
    public static Command Create(ToolConsole console) => new("kv", "Looks into an OCDBT database and writes it, key by key.")
    {
        KvListCommand.Create(console),
        KvGetCommand.Create(console),
        KvVersionsCommand.Create(console),
        KvDumpCommand.Create(console),
        KvPutCommand.Create(console),
        KvRemoveCommand.Create(console),
        KvImportCommand.Create(console),
        KvCopyCommand.Create(console),
        KvVerifyCommand.Create(console),
        KvPruneCommand.Create(console),
        KvCompactCommand.Create(console),
        KvCollectGarbageCommand.Create(console),
    };
}
