using OcdbtSharp.Checkpoint.Formats;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>Writes the arrays of an item into files of other formats. The arrays are read piece by piece, so any size fits into memory.</summary>
/// <remarks>
/// What is written appears under its name when it is complete. Leaves that are no arrays (text, None, empty containers) have no place in these
/// formats and are left out, but for text in safetensors, which goes into its metadata.
/// </remarks>
public static class CheckpointExport
{
    /// <summary>Writes one safetensors file.</summary>
    /// <param name="item">The item.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">Which leaves, and how; null for all.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    /// <exception cref="ArgumentException">No array is selected.</exception>
    /// <exception cref="UnsupportedFormatException">The format does not have the type of a leaf, and conversion was not asked for.</exception>
    /// <exception cref="CorruptDataException">An array is damaged.</exception>
    /// <exception cref="StorageException">The checkpoint cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be written, or there is one that is not to be replaced.</exception>
    public static Task<ExportResult> ToSafetensorsAsync(
        CheckpointItem item, string path, ExportOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(item, path, options, "safetensors", SafetensorsHeader.Supports, SafetensorsFile.WriteAsync, cancellationToken);

    /// <summary>Writes one NumPy archive (<c>.npz</c>), not compressed.</summary>
    /// <inheritdoc cref="ToSafetensorsAsync"/>
    public static Task<ExportResult> ToNpzAsync(
        CheckpointItem item, string path, ExportOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(item, path, options, ".npz", NpyHeader.Supports, NpzFile.WriteAsync, cancellationToken);

    /// <summary>Writes a folder with one NumPy file (<c>.npy</c>) for each array.</summary>
    /// <inheritdoc cref="ToSafetensorsAsync"/>
    public static Task<ExportResult> ToNpyFolderAsync(
        CheckpointItem item, string path, ExportOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(item, path, options, ".npy", NpyHeader.Supports, NpyFolder.WriteAsync, cancellationToken);

    private static async Task<ExportResult> RunAsync(
        CheckpointItem item,
        string path,
        ExportOptions? options,
        string format,
        Func<string, bool> supports,
        Func<ExportPlan, string, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ExportOptions();
        ExportPlan plan = ExportPlan.Create(item, options, format, supports);
        using ExportTarget target = ExportTarget.Create(path, options.Overwrite);
        await write(plan, target.PartialPath, cancellationToken).ConfigureAwait(false);
        target.Commit();
        return new ExportResult(plan.Entries.Count, plan.TotalBytes, plan.LeftOut);
    }
}
