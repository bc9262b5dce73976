using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>Writes a NumPy archive: a zip file with one <c>.npy</c> entry for each array, as <c>numpy.savez</c> does.</summary>
internal static class NpzFile
{
    private const int BufferSize = 1 << 20;

    // As NumPy does, so that the same arrays make the same file.
    private static readonly DateTimeOffset _time = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task WriteAsync(ExportPlan plan, string path, CancellationToken cancellationToken)
    {
        plan.LeaveOutTexts();
        FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, BufferSize);
        await using ConfiguredAsyncDisposable closing = file.ConfigureAwait(false);
        using (ZipArchive archive = new(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (ExportPlan.Entry entry in plan.Entries)
            {
                ZipArchiveEntry zipped = archive.CreateEntry(entry.Name + NpyFolder.Extension, CompressionLevel.NoCompression);
                zipped.LastWriteTime = _time;
                Stream stream = zipped.Open();
                await using ConfiguredAsyncDisposable ending = stream.ConfigureAwait(false);
                await NpyFolder.WriteAsync(plan, entry, stream, cancellationToken).ConfigureAwait(false);
            }
        }

        file.Flush(flushToDisk: true);
    }
}
