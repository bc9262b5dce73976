using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>Writes a safetensors file: the header, then the values one behind the other.</summary>
internal static class SafetensorsFile
{
    public static async Task WriteAsync(ExportPlan plan, string path, CancellationToken cancellationToken)
    {
        // The largest elements come first, so that every tensor begins at a multiple of its element's size.
        ExportPlan.Entry[] entries = [.. plan.Entries.OrderByDescending(entry => ElementSize(entry)).ThenBy(entry => entry.Name, StringComparer.Ordinal)];
        SafetensorsHeader header = SafetensorsHeader.Create(
            entries.Select(entry => (entry.Name, entry.DataType, entry.Shape, entry.Length)),
            plan.Texts.Concat(plan.Metadata).ToDictionary(StringComparer.Ordinal));
        using OutputFile file = OutputFile.Create(path);
        byte[] head = header.Encode();
        file.Writer.Write(head, 0);
        List<(ExportPlan.Entry, ElementSink)> sinks = [];
        long offset = head.Length;
        foreach (ExportPlan.Entry entry in entries)
        {
            sinks.Add((entry, new FileSink(file.Writer, offset, entry.Shape, (int)ElementSize(entry))));
            offset += entry.Length;
        }

        await plan.WriteElementsAsync(sinks, cancellationToken).ConfigureAwait(false);
        file.Commit();
    }

    private static long ElementSize(ExportPlan.Entry entry)
    {
        long elements = entry.Leaf.Shape.Aggregate(1L, (product, extent) => product * extent);
        return elements == 0 ? 0 : entry.Length / elements;
    }
}
