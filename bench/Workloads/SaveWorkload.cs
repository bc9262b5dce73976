using System.Diagnostics;
using System.Text.Json;
using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Workloads;

/// <summary>Saves a checkpoint again: the values are read before, and every file is on disk when the clock stops.</summary>
internal static class SaveWorkload
{
    /// <summary>Runs <c>DATA OUT [--driver zarr|zarr3] [--compression none|zstd]</c>.</summary>
    /// <returns>Whether these arguments were given.</returns>
    public static async Task<bool> TryRunAsync(string[] arguments)
    {
        List<string> rest = [.. arguments];
        string driver = Take(rest, "--driver") ?? "zarr";
        string compression = Take(rest, "--compression") ?? "zstd";
        if (rest is not [string data, string output] || !Directory.Exists(data) || driver is not ("zarr" or "zarr3") || compression is not ("none" or "zstd"))
        {
            return false;
        }

        await RunAsync(data, output, driver, compression);
        return true;
    }

    /// <param name="data">The checkpoint whose values are saved.</param>
    /// <param name="output">Where to; what is there is replaced.</param>
    /// <param name="driver"><c>zarr</c> for version 2, or <c>zarr3</c>.</param>
    /// <param name="compression"><c>zstd</c> or <c>none</c>.</param>
    private static async Task RunAsync(string data, string output, string driver, string compression)
    {
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(data)).OpenItemAsync();
        using RestoredTree values = await item.RestoreAsync();
        PyTree tree = PyTree.FromRestored(item, values, await item.ReadShardingsAsync());
        SaveOptions options = new() { UseZarr3 = driver == "zarr3", UseCompression = compression != "none" };
        long bytes = values.Leaves.Sum(leaf => leaf.ByteLength);
        await RunAsync($"save {driver} {compression}", bytes, tree, output, options, json => json.WriteNumber("leaves", values.Leaves.Count));
    }

    /// <summary>Saves a data set that is made in memory, and tells what the process held before.</summary>
    public static async Task RunNewAsync(string name, string output)
    {
        using DataSets.Source source = DataSets.Source.Create(name);
        long before = Process.GetCurrentProcess().PeakWorkingSet64;
        await RunAsync("save " + name, source.Bytes, source.Tree, output, DataSets.Options(name), json => json.WriteNumber("peak_rss_bytes_before", before));
    }

    private static Task RunAsync(string name, long bytes, PyTree tree, string output, SaveOptions options, Action<Utf8JsonWriter> more) => Measurement.RunAsync(
        name,
        bytes,
        () => CheckpointWriter.SaveAsync(output, tree, options),
        () =>
        {
            if (Directory.Exists(output))
            {
                Directory.Delete(output, recursive: true);
            }

            return Task.CompletedTask;
        },
        more);

    private static string? Take(List<string> arguments, string option)
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
}
