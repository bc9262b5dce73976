using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>Writes a NumPy archive: a zip file with one <c>.npy</c> entry for each array, as <c>numpy.savez</c> does.</summary>
internal static class NpzFile
{
    public static async Task WriteAsync(ExportPlan plan, string path, CancellationToken cancellationToken)
    {
        plan.LeaveOutTexts();
        OutputFile file = OutputFile.Create(path);
        await using ConfiguredAsyncDisposable closing = file.ConfigureAwait(false);
        using (ZipArchive archive = new(file.Stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (ExportPlan.Entry entry in plan.Entries)
            {
                ZipArchiveEntry zipped = archive.CreateEntry(entry.Name + ".npy", CompressionLevel.NoCompression);
                Stream stream = zipped.Open();
                await using ConfiguredAsyncDisposable ending = stream.ConfigureAwait(false);
                await NpyFolder.WriteAsync(plan, entry, stream, cancellationToken).ConfigureAwait(false);
            }
        }

        file.Commit();
    }
}
