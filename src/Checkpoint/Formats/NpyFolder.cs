using System.Globalization;
using System.Text;
using OcdbtSharp.KvStore.Files;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>Writes a folder with one <c>.npy</c> file for each array.</summary>
internal static class NpyFolder
{
    /// <summary>How the files end.</summary>
    public const string Extension = ".npy";
    private const string Reserved = "/\\:*?\"<>|%";

    public static async Task WriteAsync(ExportPlan plan, string path, CancellationToken cancellationToken)
    {
        plan.LeaveOutTexts();
        Directory.CreateDirectory(path);
        foreach (ExportPlan.Entry entry in plan.Entries)
        {
            using OutputFile file = OutputFile.Create(Path.Combine(path, FileName(entry.Name)));
            byte[] head = Header(entry);
            file.Writer.Write(head, 0);
            FileSink sink = new(file.Writer, head.Length, entry.Shape, DataType.Parse(entry.DataType).Size);
            await plan.WriteElementsAsync([(entry, sink)], cancellationToken).ConfigureAwait(false);
            file.Commit();
        }

        DurableFile.FlushFolder(path);
    }

    /// <summary>Writes one array with its header.</summary>
    public static async Task WriteAsync(ExportPlan plan, ExportPlan.Entry entry, Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Header(entry), cancellationToken).ConfigureAwait(false);
        await plan.WriteElementsAsync(entry, stream, cancellationToken).ConfigureAwait(false);
    }

    private static byte[] Header(ExportPlan.Entry entry) => new NpyHeader(entry.DataType, entry.Shape, FortranOrder: false, BigEndian: false).Encode();

    /// <summary>The name of the file of a leaf; characters that no file name can have are spelled as in a URL.</summary>
    internal static string FileName(string name)
    {
        StringBuilder text = new();
        foreach (char c in name)
        {
            _ = c < ' ' || Reserved.Contains(c, StringComparison.Ordinal)
                ? text.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}")
                : text.Append(c);
        }

        return text.Append(Extension).ToString();
    }
}
