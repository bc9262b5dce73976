using OcdbtSharp.Workloads;

const string Usage = """
    Times workloads and prints one JSON line for each.

      yardstick [FOLDER]     memcpy, page-cache reads, file writes and zstd decoding on this machine

    --runs N                 how often each is run (default 5)
    """;

List<string> arguments = [.. args];
int runs = arguments.IndexOf("--runs");
if (runs >= 0 && runs + 1 < arguments.Count && int.TryParse(arguments[runs + 1], out int count) && count > 0)
{
    Measurement.Runs = count;
    arguments.RemoveRange(runs, 2);
}

switch (arguments)
{
    case ["yardstick"]:
        await Yardstick.RunAsync(Path.Combine(Path.GetTempPath(), "ocdbtsharp-yardstick"));
        return 0;
    case ["yardstick", string folder]:
        await Yardstick.RunAsync(folder);
        return 0;
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 2;
}
