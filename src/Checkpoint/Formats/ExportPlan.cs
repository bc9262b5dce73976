using System.Text.Json;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>What an export writes: the leaves with elements, each under a type that the format has.</summary>
internal sealed class ExportPlan
{
    private readonly ExportOptions _options;
    private int _leaves;
    private long _bytes;

    private ExportPlan(
        IReadOnlyList<Entry> entries, IReadOnlyDictionary<string, string> texts, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<string> leftOut, ExportOptions options)
    {
        _options = options;
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
            : new ExportPlan(entries, texts, MetadataOf(item, texts), leftOut, options);
    }

    /// <summary>Says that the format has no place for text either.</summary>
    public void LeaveOutTexts() => LeftOut = [.. LeftOut, .. Texts.Keys];

    /// <summary>Writes the elements of arrays, little-endian and in C order, several at a time.</summary>
    /// <param name="sinks">Each array, and what takes its elements.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task WriteElementsAsync(IEnumerable<(Entry Entry, ElementSink Sink)> sinks, CancellationToken cancellationToken)
    {
        TransferRunner runner = new(_options.MaxMemory, _options.MaxParallelism) { Moved = Moved };
        await runner.RunAsync(sinks.SelectMany(pair => Tasks(pair.Entry, pair.Sink)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the elements of an array to a stream.</summary>
    public Task WriteElementsAsync(Entry entry, Stream stream, CancellationToken cancellationToken) =>
        WriteElementsAsync([(entry, new OrderedSink(stream.WriteAsync))], cancellationToken);

    private IEnumerable<TransferTask> Tasks(Entry entry, ElementSink sink)
    {
        DataType type = entry.Leaf.DataType!;
        LeafSource source = type.Name == entry.DataType ? entry.Leaf.Source! : new ConvertedLeafSource(entry.Leaf.Source!, type, DataType.Parse(entry.DataType));
        TransferPlan plan = new(source, sink, entry.Shape, source.ElementSize) { MaxMemory = _options.MaxMemory, SpillFolder = _options.SpillFolder };
        foreach (TransferTask task in plan.Tasks(new long[entry.Shape.Length], entry.Shape))
        {
            yield return task;
        }

        Interlocked.Increment(ref _leaves);
        Moved(0);
    }

    private void Moved(long bytes) =>
        _options.Progress?.Report(new RestoreProgress(Volatile.Read(ref _leaves), Entries.Count, Interlocked.Add(ref _bytes, bytes), TotalBytes));

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
