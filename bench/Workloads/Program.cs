using System.Globalization;
using OcdbtSharp.Workloads;

const string Usage = """
    Times workloads and prints one JSON line for each.

      make OUT [NAME...]     writes the data sets that the others are measured with
      restore DIR            open a checkpoint and read every array into fresh memory
      map DIR                open an uncompressed checkpoint and map every array; with a sum over all elements; and restore with that sum
      tree DIR               open a checkpoint and build its tree
      slice DIR              1,000 random rows of a sharded zarr v3 array
      save DATA OUT [--driver zarr|zarr3] [--compression none|zstd]
                             saves the values of the checkpoint DATA again, flushed to the disk
      save-new NAME OUT      makes the data set NAME in memory and saves it; many-Nk has N thousand arrays
      export DIR OUT         the arrays of a checkpoint as a safetensors file
      import FILE OUT        the arrays of a safetensors file as a checkpoint
      yardstick [FOLDER]     memcpy, page-cache reads, file writes and zstd decoding on this machine
      kv-put OUT N           N keys of 100 bytes in one transaction into a new database
      kv-list DIR            open a database and list its keys
      kv-get DIR N [--staleness SECONDS]
                             N random keys of a database whose nodes are in memory; what is known of its manifest may be so old (default 0.1)
      kv-open-get DIR KEY    open a database and read one key

      growth-transformer OUT GB CHUNK_BYTES
                             a transformer of so many GB (10^9 bytes): OUT/one-chunk and OUT/chunked
      growth-steps ROOT N    the root of a manager with N steps
      growth-parts DIR LIKE SCRATCH [NAME]
                             what decoding DIR, encoding in the chunks of LIKE, writing to the file SCRATCH, and digesting cost alone, in processor time
      run SECONDS BYTES -- COMMAND...
                             another program once: its time, processor time and peak memory; killed where it takes longer or holds more

    --runs N                 how often each is run (default 5)
    --warm-up N              how often before that, not measured (default 0)
    --cold PATH              drop this file or folder from the page cache before each run
    """;

List<string> arguments = [.. args];
int end = arguments.IndexOf("--");
string[] command = end < 0 ? [] : [.. arguments.Skip(end + 1)];
if (end >= 0)
{
    arguments.RemoveRange(end, arguments.Count - end);
}

if (Take("--runs") is { } runs)
{
    Measurement.Runs = Number(runs);
}

if (Take("--warm-up") is { } warmUp)
{
    Measurement.WarmUpRuns = Number(warmUp);
}

Measurement.ColdPath = Take("--cold");
double staleness = double.Parse(Take("--staleness") ?? "0.1", CultureInfo.InvariantCulture);
switch (arguments)
{
    case ["make", string folder, ..]:
        await DataSets.MakeAsync(folder, arguments.Count > 2 ? arguments[2..] : DataSets.Names);
        return 0;
    case ["restore", string path]:
        await CheckpointWorkloads.RestoreAsync(path);
        return 0;
    case ["map", string path]:
        await CheckpointWorkloads.MapAsync(path);
        return 0;
    case ["tree", string path]:
        await CheckpointWorkloads.TreeAsync(path);
        return 0;
    case ["slice", string path]:
        await CheckpointWorkloads.SliceAsync(path);
        return 0;
    case ["save", ..] when await SaveWorkload.TryRunAsync([.. arguments.Skip(1)]):
        return 0;
    case ["save-new", string name, string output]:
        await SaveWorkload.RunNewAsync(name, output);
        return 0;
    case ["export", string path, string output]:
        await CheckpointWorkloads.ExportAsync(path, output);
        return 0;
    case ["import", string path, string output]:
        await CheckpointWorkloads.ImportAsync(path, output);
        return 0;
    case ["yardstick"]:
        await Yardstick.RunAsync(Path.Combine(Path.GetTempPath(), "ocdbtsharp-yardstick"));
        return 0;
    case ["yardstick", string folder]:
        await Yardstick.RunAsync(folder);
        return 0;
    case ["kv-put", string folder, string keys]:
        await KvWorkloads.PutAsync(folder, Number(keys));
        return 0;
    case ["kv-list", string folder]:
        await KvWorkloads.ListAsync(folder);
        return 0;
    case ["kv-get", string folder, string keys]:
        await KvWorkloads.GetAsync(folder, Number(keys), staleness);
        return 0;
    case ["kv-open-get", string folder, string key]:
        await KvWorkloads.OpenAndGetAsync(folder, key);
        return 0;
    case ["growth-transformer", string folder, string gigabytes, string chunkBytes]:
        await GrowthSets.MakeTransformerAsync(folder, double.Parse(gigabytes, CultureInfo.InvariantCulture), Number(chunkBytes));
        return 0;
    case ["growth-steps", string root, string steps]:
        await GrowthSets.MakeStepsAsync(root, Number(steps));
        return 0;
    case ["growth-parts", string path, string like, string scratch, .. { Count: <= 1 } name]:
        await GrowthParts.RunAsync(path, like, scratch, name.FirstOrDefault());
        return 0;
    case ["run", string seconds, string bytes] when command.Length > 0:
        return ChildProcess.Run(command, double.Parse(seconds, CultureInfo.InvariantCulture), long.Parse(bytes, CultureInfo.InvariantCulture));
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 2;
}

string? Take(string option)
{
    int index = arguments.IndexOf(option);
    if (index < 0 || index + 1 >= arguments.Count)
    {
        return null;
    }

    string value = arguments[index + 1];
    arguments.RemoveRange(index, 2);
    return value;
}

static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
    ? number
    : throw new ArgumentException($"'{text}' is no number.");
