using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;
using OcdbtSharp.Ocdbt.Operations;

namespace OcdbtSharp.Ocdbt;

/// <summary>A version of a database as a table of its keys and of where their values lie: no read descends the B-tree, and neighbours are read together.</summary>
internal sealed class OcdbtSnapshot : SnapshotKvStore
{
    private readonly OcdbtStore _store;
    private readonly IoHandle _io;
    private readonly List<LeafValue> _values = [];

    private OcdbtSnapshot(OcdbtStore store)
    {
        _store = store;
        _io = store.Io;
    }

    /// <inheritdoc/>
    public override ReadCoalescing Coalescing => _io.Store.Coalescing;

    /// <inheritdoc/>
    public override bool ReadsTogether => true;

    /// <summary>Reads the leaves of a version.</summary>
    /// <param name="store">The database.</param>
    /// <param name="version">The version; null for one without keys.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<OcdbtSnapshot> ReadAsync(OcdbtStore store, BtreeGenerationReference? version, CancellationToken cancellationToken)
    {
        OcdbtSnapshot snapshot = new(store);
        if (version is not { } present)
        {
            return snapshot;
        }

        await foreach (LeafRun leaf in ListOperation.RunsAsync(store.Io, present, KeyRange.All, cancellationToken).ConfigureAwait(false))
        {
            snapshot.Reserve(leaf.Count);
            snapshot._values.EnsureCapacity(snapshot.Count + leaf.Count);
            for (int i = 0; i < leaf.Count; i++)
            {
                snapshot._values.Add(leaf.Value(i));
                snapshot.Add(leaf.Key(i), leaf.ValueLength(i));
            }
        }

        return snapshot;
    }

    /// <inheritdoc/>
    public override string Describe(Key key) => _store.Describe(key);

    /// <inheritdoc/>
    public override async ValueTask<ReadResult> ReadAsync(int index, ReadOptions options, CancellationToken cancellationToken)
    {
        LeafValue value = _values[index];
        if (value.IsInline)
        {
            return new ReadResult(ReadState.Value, options.Slice(value.Inline), StorageGeneration.Unknown, value.Length);
        }

        (long offset, long length) = options.Range.Resolve(value.Length);
        options.CheckDestination(length);
        return length <= Array.MaxLength
            ? new ReadResult(
                ReadState.Value,
                await _io.ReadValueAsync(value.Location, offset, length, options.Destination, cancellationToken).ConfigureAwait(false),
                StorageGeneration.Unknown,
                value.Length)
            : throw new StorageException($"The value has {length} bytes, too many for one read: read it in ranges.", _io.Describe(value.Location));
    }

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>?[]> ReadManyAsync(IReadOnlyList<int> indices, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>?[] results = new ReadOnlyMemory<byte>?[indices.Count];
        List<(IndirectDataReference Location, int Position)> apart = [];
        for (int position = 0; position < results.Length; position++)
        {
            LeafValue value = _values[indices[position]];
            if (value.IsInline)
            {
                results[position] = value.Inline;
            }
            else
            {
                apart.Add((value.Location, position));
            }
        }

        apart.Sort(static (left, right) =>
        {
            int order = ReferenceEquals(left.Location.File, right.Location.File) ? 0 : left.Location.File.Path.CompareTo(right.Location.File.Path);
            return order != 0 ? order : left.Location.Offset.CompareTo(right.Location.Offset);
        });
        for (int first = 0; first < apart.Count;)
        {
            int next = Group(apart, first, out IndirectDataReference location);
            ReadOnlyMemory<byte> bytes = await _io.ReadValueAsync(location, 0, location.Length, null, cancellationToken).ConfigureAwait(false);
            for (; first < next; first++)
            {
                IndirectDataReference part = apart[first].Location;
                results[apart[first].Position] = bytes.Slice((int)(part.Offset - location.Offset), (int)part.Length);
            }
        }

        return results;
    }

    /// <inheritdoc/>
    public override ValueTask<FileExtent?> FindInFileAsync(int index, CancellationToken cancellationToken) => _values[index].IsInline
        ? ValueTask.FromResult<FileExtent?>(null)
        : _io.FindInFileAsync(_values[index].Location, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask<ReadResult> ReadWithGenerationAsync(int index, ReadOptions options, CancellationToken cancellationToken) =>
        ReadValueOperation.RunAsync(_io, _values[index], options, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask<ReadResult> StatAsync(int index, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new ReadResult(ReadState.Value, default, LeafGeneration.Of(_values[index]), _values[index].Length));

    /// <summary>Finds values that are read together.</summary>
    /// <returns>The first that is not one of them.</returns>
    private int Group(List<(IndirectDataReference Location, int Position)> values, int first, out IndirectDataReference location)
    {
        ReadCoalescing coalescing = Coalescing;
        IndirectDataReference start = values[first].Location;
        long end = start.Offset + start.Length;
        int next = first + 1;
        for (; next < values.Count; next++)
        {
            IndirectDataReference value = values[next].Location;
            if (value.File != start.File || !coalescing.Joins(start.Offset, end, value.Offset, value.Length))
            {
                break;
            }

            end = Math.Max(end, value.Offset + value.Length);
        }

        location = new IndirectDataReference(start.File, start.Offset, end - start.Offset);
        return next;
    }
}
