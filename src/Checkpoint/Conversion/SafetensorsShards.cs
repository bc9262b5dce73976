using System.Globalization;
using System.Text.Json;

namespace OcdbtSharp.Checkpoint.Conversion;

/// <summary>Writes several safetensors files and the index that names the file of each array, as Hugging Face's libraries do.</summary>
internal static class SafetensorsShards
{
    private const string Extension = ".safetensors";

    /// <param name="item">The item.</param>
    /// <param name="path">The file that would be written where one was enough; its name without its ending begins those of the files.</param>
    /// <param name="maxBytes">Most bytes of the arrays in a file; one that is larger has a file of its own.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives up; files that are complete stay.</param>
    public static async Task<ExportResult> WriteAsync(CheckpointItem item, string path, long maxBytes, ExportOptions options, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        List<List<CheckpointLeaf>> files = Split(item.Leaves.Where(leaf => leaf.DataType is not null), maxBytes);
        if (files.Count <= 1)
        {
            return await CheckpointExport.ToSafetensorsAsync(item, path, options, cancellationToken).ConfigureAwait(false);
        }

        string stem = path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) ? path[..^Extension.Length] : path;
        SortedDictionary<string, string> fileOf = new(StringComparer.Ordinal);
        long total = 0;
        for (int file = 0; file < files.Count; file++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{stem}-{file + 1:00000}-of-{files.Count:00000}{Extension}");
            CheckpointItem part = new(item.Store, item.Kind, item.Name, files[file]) { CustomMetadata = item.CustomMetadata };
            ExportResult written = await CheckpointExport.ToSafetensorsAsync(part, name, options, cancellationToken).ConfigureAwait(false);
            total += written.Bytes;
            foreach (CheckpointLeaf leaf in files[file])
            {
                fileOf.Add(leaf.Name, Path.GetFileName(name));
            }
        }

        await File.WriteAllBytesAsync($"{stem}{Extension}.index.json", Index(fileOf, total), cancellationToken).ConfigureAwait(false);
        return new ExportResult(fileOf.Count, total, [.. item.Leaves.Where(leaf => leaf.DataType is null).Select(leaf => leaf.Name)]);
    }

    private static List<List<CheckpointLeaf>> Split(IEnumerable<CheckpointLeaf> leaves, long maxBytes)
    {
        List<List<CheckpointLeaf>> files = [];
        long bytes = 0;
        foreach (CheckpointLeaf leaf in leaves)
        {
            if (files.Count == 0 || bytes + leaf.LogicalBytes > maxBytes)
            {
                files.Add([]);
                bytes = 0;
            }

            files[^1].Add(leaf);
            bytes += leaf.LogicalBytes;
        }

        return files;
    }

    private static byte[] Index(SortedDictionary<string, string> fileOf, long total)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata"u8);
            json.WriteNumber("total_size"u8, total);
            json.WriteEndObject();
            json.WriteStartObject("weight_map"u8);
            foreach ((string name, string file) in fileOf)
            {
                json.WriteString(name, file);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
