using System.Buffers;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>What an export writes: the leaves with elements, each under a type that the format has.</summary>
internal sealed class ExportPlan
{
    private readonly IProgress<RestoreProgress>? _progress;
    private int _leaves;
    private long _bytes;

    private ExportPlan(IReadOnlyList<Entry> entries, IReadOnlyDictionary<string, string> texts, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<string> leftOut, IProgress<RestoreProgress>? progress)
    {
        _progress = progress;
        TotalBytes = entries.Sum(entry => entry.Length);
        Entries = entries;
        Texts = texts;
        Metadata = metadata;
        LeftOut = leftOut;
    }

    /// <summary>An array to write.</summary>
    /// <param name="Leaf">The leaf.</param>
    /// <param name="DataType">The type to write it as.</param>
    /// <param name="Length">Bytes of all elements in that type.</param>
    public readonly record struct Entry(CheckpointLeaf Leaf, string DataType, long Length)
    {
        public string Name => Leaf.Name;

        public long[] Shape => [.. Leaf.Shape];
    }

    /// <summary>The arrays.</summary>
    public IReadOnlyList<Entry> Entries { get; }

    /// <summary>Bytes of the elements of all arrays.</summary>
    public long TotalBytes { get; }

    /// <summary>The text leaves.</summary>
    public IReadOnlyDictionary<string, string> Texts { get; }

    /// <summary>What the user saved beside the tree, as far as it is text, and what safetensors had beside its tensors; without names that leaves have.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The names of the leaves that the format has no place for.</summary>
    public IReadOnlyList<string> LeftOut { get; private set; }

    /// <summary>Plans the export of an item.</summary>
    /// <exception cref="ArgumentException">No array is selected.</exception>
    /// <exception cref="UnsupportedFormatException">The format does not have the type of a leaf, or has no place for its name.</exception>
    public static ExportPlan Create(CheckpointItem item, ExportOptions options, string format, Func<string, bool> supports)
    {
        List<Entry> entries = [];
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        List<string> leftOut = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (CheckpointLeaf leaf in item.Leaves.Where(leaf => options.Selection?.Selects(leaf) ?? true))
        {
            if (leaf.DataType is { } type)
            {
                if (!names.Add(leaf.Name))
                {
                    throw new UnsupportedFormatException($"{format} cannot hold two arrays of the same name, '{leaf.Name}': leave one out.", item.Location);
                }

                string target = TargetType(item, leaf, format, supports, options.Convert);
                int factor = target == type.Name ? 1 : ElementWidening.Factor(type);
                entries.Add(new Entry(leaf, target, checked(leaf.LogicalBytes * factor)));
            }
            else if (leaf.Text is { } text)
            {
                texts[leaf.Name] = text;
            }
            else
            {
                leftOut.Add(leaf.Name);
            }
        }

        return entries.Count == 0
            ? throw new ArgumentException($"{item.Location} has no arrays to export{(options.Selection is null ? "" : " that fit the patterns")}.", nameof(options))
            : new ExportPlan(entries, texts, MetadataOf(item, texts), leftOut, options.Progress);
    }

    /// <summary>Says that the format has no place for text either.</summary>
    public void LeaveOutTexts() => LeftOut = [.. LeftOut, .. Texts.Keys];

    /// <summary>Writes the elements of an array, little-endian and in C order.</summary>
    public async Task WriteElementsAsync(Entry entry, Stream stream, CancellationToken cancellationToken)
    {
        const int Window = 1 << 20;
        DataType type = entry.Leaf.DataType!;
        int factor = type.Name == entry.DataType ? 1 : ElementWidening.Factor(type);
        byte[] widened = ArrayPool<byte>.Shared.Rent(Window * factor);
        try
        {
            IReadOnlyList<long> shape = entry.Leaf.Shape;
            await foreach (RestoredLeaf piece in
                LeafSlabs.ReadAsync(entry.Leaf, new long[shape.Count], shape, cancellationToken: cancellationToken).ConfigureAwait(false))
            {
                using (piece)
                {
                    for (long offset = 0; offset < piece.ByteLength;)
                    {
                        ReadOnlyMemory<byte> part = piece.AsMemory(offset, (int)Math.Min(Window, piece.ByteLength - offset));
                        offset += part.Length;
                        if (type.Name != entry.DataType)
                        {
                            ElementWidening.Convert(type, part.Span, widened.AsSpan(0, part.Length * factor));
                            part = widened.AsMemory(0, part.Length * factor);
                        }

                        await stream.WriteAsync(part, cancellationToken).ConfigureAwait(false);
                        _bytes += part.Length;
                        _progress?.Report(new RestoreProgress(_leaves, Entries.Count, _bytes, TotalBytes));
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(widened);
        }

        _leaves++;
        _progress?.Report(new RestoreProgress(_leaves, Entries.Count, _bytes, TotalBytes));
    }

    private static Dictionary<string, string> MetadataOf(CheckpointItem item, Dictionary<string, string> texts) =>
        item.CustomMetadata is not { ValueKind: JsonValueKind.Object } custom ? []
        : custom.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.String && !texts.ContainsKey(member.Name))
            .ToDictionary(member => member.Name, member => member.Value.GetString()!, StringComparer.Ordinal);

    private static string TargetType(CheckpointItem item, CheckpointLeaf leaf, string format, Func<string, bool> supports, bool convert)
    {
        string type = leaf.DataType!.Name;
        if (supports(type))
        {
            return type;
        }

        string? wider = ElementWidening.TypeFor(leaf.DataType) is { } candidate && supports(candidate) ? candidate : null;
        return wider is not null && convert ? wider
            : throw new UnsupportedFormatException(
                $"{format} has no type for the {type} of '{leaf.Name}': "
                + (wider is null ? "leave it out (--exclude)." : $"ask for conversion to {wider} (--convert), or leave it out (--exclude)."),
                item.Location);
    }
}
