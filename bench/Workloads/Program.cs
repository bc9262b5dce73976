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
      yardstick [FOLDER]     memcpy, page-cache reads, file writes and zstd decoding on this machine
      kv-put OUT N           N keys of 100 bytes in one transaction into a new database
      kv-list DIR            open a database and list its keys
      kv-get DIR N           N random keys of a database whose nodes are in memory
      kv-open-get DIR KEY    open a database and read one key

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
    case ["yardstick"]:
        await Yardstick.RunAsync(Path.Combine(Path.GetTempPath(), "ocdbtsharp-yardstick"));
        return 0;
    case ["yardstick", string folder]:
        await Yardstick.RunAsync(folder);
        return 0;
    case ["kv-put", string folder, string number] when int.TryParse(number, out int keys) && keys > 0:
        await KvWorkloads.PutAsync(folder, keys);
        return 0;
    case ["kv-list", string folder]:
        await KvWorkloads.ListAsync(folder);
        return 0;
    case ["kv-get", string folder, string number] when int.TryParse(number, out int keys) && keys > 0:
        await KvWorkloads.GetAsync(folder, keys);
        return 0;
    case ["kv-open-get", string folder, string key]:
        await KvWorkloads.OpenAndGetAsync(folder, key);
        return 0;
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 2;
}
