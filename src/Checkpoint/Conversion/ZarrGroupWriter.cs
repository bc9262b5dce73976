using System.Text;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.Checkpoint.Save;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Conversion;

/// <summary>Writes the arrays of an item as a zarr group: the keys of their paths are the names of groups within groups.</summary>
internal static class ZarrGroupWriter
{
    private static readonly byte[] _group2 = "{\"zarr_format\":2}"u8.ToArray();
    private static readonly byte[] _group3 = "{\"node_type\":\"group\",\"zarr_format\":3}"u8.ToArray();

    public static async Task<ConversionResult> RunAsync(CheckpointItem item, string destination, ConversionOptions options, CancellationToken cancellationToken)
    {
        SaveOptions save = options.Save with { UseOcdbt = false, Progress = options.Progress };
        List<SavedArray> arrays = [];
        SortedSet<string> groups = new(StringComparer.Ordinal) { "" };
        foreach (CheckpointLeaf leaf in item.Leaves.Where(leaf => leaf.DataType is not null))
        {
            string[] names = [.. leaf.Path.Select(key => key.Name)];
            if (Array.Exists(names, name => name.Length == 0 || name.Contains('/', StringComparison.Ordinal)))
            {
                throw new UnsupportedFormatException($"A key of the path of '{leaf.Name}' is empty or has a slash in it, which no name in a zarr group may: rename it");
            }

            for (int depth = 1; depth < names.Length; depth++)
            {
                groups.Add(string.Join('/', names[..depth]) + "/");
            }

            SavedLeaf saved = new([.. leaf.Path], string.Join('/', names), leaf.Kind, leaf.TypeName, ArrayValue.FromLeaf(leaf), null);
            arrays.Add(new SavedArray(saved, ArrayLayout.Of(saved, save)));
        }

        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        FileKvStore parent = new(Path.GetDirectoryName(full)!);
        string name = Path.GetFileName(full);
        if (Path.Exists(full) && !options.Overwrite)
        {
            throw new StorageException("There is something already.", full);
        }

        string partial = name + CheckpointLayout.TemporarySuffix;
        IKvStore folder = parent.Folder(partial);
        await folder.DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        foreach (string group in groups)
        {
            Key key = Encoding.UTF8.GetBytes(group + (save.UseZarr3 ? CheckpointLayout.Zarr3File : CheckpointLayout.Zarr2GroupFile)) is var bytes ? new Key(bytes) : default;
            await folder.WriteAsync(key, save.UseZarr3 ? _group3 : _group2, default, cancellationToken).ConfigureAwait(false);
        }

        ArraysWriter writer = new(arrays, save, ProcessGroup.Single);
        await writer.WriteAsync(folder, cancellationToken).ConfigureAwait(false);
        await parent.Folder(name).DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        await parent.RenamePrefixAsync(partial + "/", name + "/", cancellationToken).ConfigureAwait(false);
        return new ConversionResult(
            ConversionFormat.ZarrGroup, arrays.Count, writer.TotalBytes, [.. item.Leaves.Where(leaf => leaf.DataType is null).Select(leaf => leaf.Name)]);
    }
}
