using System.Runtime.CompilerServices;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;
using OcdbtSharp.Zarr3.Types;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>
/// Saves a tree into a folder:
/// 1. every process writes its parts of the arrays, into a database of its own in one transaction, or each array into a folder;
/// 2. meanwhile it records the shapes in which it writes them;
/// 3. the first process also writes how the arrays lie over devices, and the text;
/// 4. when all have finished, the first process puts the databases together, by reference, and meanwhile describes the tree.
/// </summary>
internal sealed class TreeWriter
{
    private readonly List<SavedLeaf> _leaves;
    // Arrays of a transformer's layers have the same few layouts, which then are one object for all of them.
    private const int LayoutsToShare = 64;

    private readonly List<SavedArray> _arrays = [];
    private readonly List<ArrayLayout> _layouts = [];
    private readonly ArraysWriter _writer;
    private readonly PyTree _tree;
    private readonly SaveOptions _options;
    private readonly ProcessGroup _processes;
    private readonly byte[]? _strings;

    /// <summary>Checks the tree and lays it out, before anything is written.</summary>
    /// <exception cref="ArgumentException">It cannot be saved.</exception>
    public TreeWriter(PyTree tree, SaveOptions options, ProcessGroup processes)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxMemory, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxParallelism, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.TargetDataFileSize);
        _tree = tree;
        _options = options;
        _processes = processes;
        _leaves = [.. tree.Leaves()];
        if (_leaves is [{ Path.Length: 0, Kind: LeafKind.Empty or LeafKind.None }])
        {
            throw new ArgumentException("The tree has nothing in it: Orbax saves no such item.", nameof(tree));
        }

        HashSet<string> places = new(StringComparer.Ordinal);
        foreach (SavedLeaf leaf in _leaves)
        {
            if (leaf.Kind is not (LeafKind.None or LeafKind.Empty) && !places.Add(ArrayFolder.Of(leaf.Name)))
            {
                throw new ArgumentException($"Two leaves have the name '{leaf.Name}', under which they would be stored in one place.", nameof(tree));
            }

            if (leaf.Array is not null)
            {
                if (!options.UseOcdbt && ArrayFolder.WhyNotAFolder(leaf.Name) is { } reason)
                {
                    throw new ArgumentException($"The array '{leaf.Name}' cannot lie in a folder: {reason}. A database takes any name.", nameof(tree));
                }

                ArrayLayout layout = Shared(ArrayLayout.Of(leaf, options));
                if (!ElementConversion.Exists(leaf.Array.DataType, layout.StoredType))
                {
                    throw new ArgumentException($"'{leaf.Name}': there is no conversion of {leaf.Array.DataType} to {layout.StoredType}.", nameof(tree));
                }

                _arrays.Add(new SavedArray(leaf, layout));
            }
        }

        (string, string)[] strings = [.. _leaves.Where(leaf => leaf.Text is not null).Select(leaf => (leaf.Name, leaf.Text!))];
        _strings = strings.Length > 0 ? StringsFile.Encode(strings) : null;
        _writer = new ArraysWriter(_arrays, options, processes);
    }

    /// <summary>Writes what this process has of the tree.</summary>
    public async Task WriteAsync(IKvStore folder, CancellationToken cancellationToken)
    {
        Task files = Task.Run(() => WriteFilesAsync(folder, cancellationToken), cancellationToken);
        Task arrays = _options.UseOcdbt
            ? WriteDatabaseAsync(folder.Folder(CheckpointLayout.ProcessDatabasePrefix + _processes.Index), cancellationToken)
            : _writer.WriteAsync(folder, cancellationToken);
        await Task.WhenAll(arrays, files).ConfigureAwait(false);
    }

    /// <summary>Puts together what all processes have written.</summary>
    /// <exception cref="StorageException">What they have written does not fit together.</exception>
    public async Task FinishAsync(IKvStore folder, CancellationToken cancellationToken)
    {
        await CheckProcessesAsync(folder, cancellationToken).ConfigureAwait(false);
        Task tree = Task.Run(() => WriteAsync(folder, CheckpointLayout.TreeMetadataFile, EncodeTree(), cancellationToken), cancellationToken);
        Task arrays = _options.UseOcdbt && _arrays.Count > 0 ? DatabaseMerge.RunAsync(folder, _processes.Count, cancellationToken) : Task.CompletedTask;
        await Task.WhenAll(arrays, tree).ConfigureAwait(false);
    }

    private ArrayLayout Shared(ArrayLayout layout)
    {
        if (_layouts.Find(layout.IsSame) is { } known)
        {
            return known;
        }

        if (_layouts.Count < LayoutsToShare)
        {
            _layouts.Add(layout);
        }

        return layout;
    }

    private static Key ArrayMetadatasFile(int process) => CheckpointLayout.ArrayMetadatasFolder + CheckpointLayout.ProcessFilePrefix + process;

    private async Task WriteDatabaseAsync(IKvStore folder, CancellationToken cancellationToken)
    {
        if (!_writer.HasWork)
        {
            return;
        }

        OcdbtStore database = await OcdbtStore.OpenAsync(folder, OrbaxDatabase.Create(_options.TargetDataFileSize), cancellationToken).ConfigureAwait(false);
        OcdbtTransaction transaction = database.BeginTransaction();
        await using ConfiguredAsyncDisposable closing = transaction.ConfigureAwait(false);
        await _writer.WriteAsync(transaction, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteFilesAsync(IKvStore folder, CancellationToken cancellationToken)
    {
        if (_leaves.Exists(leaf => leaf.IsJaxArray))
        {
            await WriteAsync(folder, ArrayMetadatasFile(_processes.Index), EncodeArrayMetadatas(), cancellationToken).ConfigureAwait(false);
        }

        if (_processes.IsPrimary)
        {
            await WriteShardingsAsync(folder, cancellationToken).ConfigureAwait(false);
            await WriteStringsAsync(folder, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(IKvStore folder, Key file, PythonJsonWriter text, CancellationToken cancellationToken)
    {
        using (text)
        {
            await folder.WriteAsync(file, text.Written, default, cancellationToken).ConfigureAwait(false);
        }
    }

    private PythonJsonWriter EncodeArrayMetadatas() => ArrayMetadatas.Encode(_arrays.Where(array => array.Leaf.IsJaxArray).Select(array =>
        (array.Leaf.Name, new ArrayMetadataEntry(array.Layout.WriteShape, array.Layout.ChunkShape, array.Leaf.Array!.KeyImplementation))));

    private async Task WriteShardingsAsync(IKvStore folder, CancellationToken cancellationToken)
    {
        ArraySharding onOneDevice = ArraySharding.SingleDevice();
        (string, ArraySharding)[] shardings =
            [.. _arrays.Where(array => array.Leaf.IsJaxArray).Select(array => (array.Leaf.Name, array.Leaf.Array!.Sharding ?? onOneDevice))];
        if (shardings.Length > 0)
        {
            await WriteAsync(folder, CheckpointLayout.ShardingFile, ArraySharding.EncodeFile(shardings), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WriteStringsAsync(IKvStore folder, CancellationToken cancellationToken)
    {
        if (_strings is not null)
        {
            await folder.WriteAsync(CheckpointLayout.StringsFile, _strings, default, cancellationToken).ConfigureAwait(false);
        }
    }

    // Processes that cut arrays differently write chunks that do not fit together.
    private async Task CheckProcessesAsync(IKvStore folder, CancellationToken cancellationToken)
    {
        byte[]? ours = null;
        for (int process = 1; process < _processes.Count && _leaves.Exists(leaf => leaf.IsJaxArray); process++)
        {
            if (ours is null)
            {
                using PythonJsonWriter text = EncodeArrayMetadatas();
                ours = text.ToArray();
            }

            ReadOnlyMemory<byte> theirs = await folder.ReadRequiredAsync(
                ArrayMetadatasFile(process), $"process {process} has written it", cancellationToken).ConfigureAwait(false);
            if (!theirs.Span.SequenceEqual(ours))
            {
                throw new StorageException($"Process {process} has cut its arrays otherwise than process 0 has.", folder.Describe(ArrayMetadatasFile(process)));
            }
        }
    }

    private PythonJsonWriter EncodeTree()
    {
        Dictionary<string, long[]> writeShapes = _arrays.Where(array => array.Leaf.IsJaxArray)
            .ToDictionary(array => array.Leaf.Name, array => array.Layout.WriteShape, StringComparer.Ordinal);
        List<TreeMetadataEntry> entries = [.. _leaves.Select(leaf => new TreeMetadataEntry(
            leaf.Path,
            leaf.Type == LeafTypes.NamedTuple && !_options.SupportRichTypes ? LeafTypes.None : leaf.Type,
            leaf.Kind is LeafKind.None or LeafKind.Empty,
            leaf.IsJaxArray ? writeShapes[leaf.Name] : null))];
        return new TreeMetadata
        {
            Entries = entries,
            UseOcdbt = _options.UseOcdbt,
            UseZarr3 = _options.UseZarr3,
            StoresFillValue = true,
            CustomMetadata = _options.CustomMetadata,
            RichTree = _options.SupportRichTypes
                ? RichTreeText.Encode(_tree, entries.ToDictionary(entry => LeafNames.PathText(entry.Path), StringComparer.Ordinal))
                : null,
        }.Encode();
    }
}
