using System.Buffers;
using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;
using OcdbtSharp.Ocdbt.Operations;

namespace OcdbtSharp.Ocdbt;

/// <summary>
/// Several reads, writes and deletes of an OCDBT database that take effect at one moment, or not at all. Reads see one version, that of the first
/// read, and on top of it what the transaction wrote. Safe to use from many threads at once. Long values go to data files at once, so that
/// a transaction may be larger than memory; dispose of it whether it was committed or not.
/// </summary>
public sealed partial class OcdbtTransaction : IKvStore, IAsyncDisposable
{
    private readonly OcdbtStore _store;
    private readonly Lock _lock = new();
    private readonly DataFileSet _files = new();
    private readonly StagedMutations _staged = new();
    private readonly List<Graft> _grafts = [];
    private readonly ReadSet _reads = new();
    private readonly ByteArena _memory = new();
    private Task<BtreeGenerationReference?>? _snapshot;
    private bool _isOpen = true;

    internal OcdbtTransaction(OcdbtStore store) => _store = store;

    /// <inheritdoc/>
    public KvStoreCapabilities Capabilities => _store.Capabilities | (_store.Io.Store.Capabilities & KvStoreCapabilities.PiecewiseWrite);

    /// <inheritdoc/>
    public string Describe(Key key) => _store.Describe(key);

    /// <inheritdoc/>
    public async ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
    {
        if (await FindAsync(key, cancellationToken).ConfigureAwait(false) is not { } value)
        {
            return ReadResult.Missing;
        }

        if (!value.IsInline && IsOwn(value))
        {
            // A data file can be read only when it is complete.
            await _files.CompleteAsync().ConfigureAwait(false);
        }

        return await ReadValueOperation.RunAsync(_store.Io, value, options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default) =>
        await FindAsync(key, cancellationToken).ConfigureAwait(false) is { } value
            ? new ReadResult(ReadState.Value, default, LeafGeneration.Of(value), value.Length)
            : ReadResult.Missing;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach ((Key key, LeafValue value) in EntriesAsync(range, cancellationToken).ConfigureAwait(false))
        {
            yield return new ListEntry(key, value.Length);
        }
    }

    /// <inheritdoc/>
    public ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        OcdbtStore.CheckKey(key);
        if (value.Length > _store.StoredConfig.MaxInlineValueBytes || !options.IfEqual.IsUnknown)
        {
            return WriteSlowlyAsync(key, value, options, cancellationToken);
        }

        lock (_lock)
        {
            CheckOpen();
            LeafValue stored = new(_memory.Copy(value));
            _staged.Put(key, stored);
            return ValueTask.FromResult(LeafGeneration.Of(stored));
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        CheckOpen();
        if (!options.IfEqual.IsUnknown && !await HoldsAsync(key, options.IfEqual, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        Stage(staged => staged.Delete(key));
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default)
    {
        Stage(staged => staged.DeleteRange(range));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default)
    {
        await foreach (ListEntry entry in ListAsync(KeyRange.Prefix(destination), cancellationToken).ConfigureAwait(false))
        {
            throw new StorageException($"Cannot move here: there is the key '{entry.Key}' already.", Describe(destination));
        }

        List<(Key Key, LeafValue Value)> moved = [];
        await foreach ((Key key, LeafValue value) in EntriesAsync(KeyRange.Prefix(source), cancellationToken).ConfigureAwait(false))
        {
            moved.Add((destination.Append(new Key(key.Bytes[source.Length..])), value));
            OcdbtStore.CheckKey(moved[^1].Key);
        }

        Stage(staged =>
        {
            staged.DeleteRange(KeyRange.Prefix(source));
            foreach ((Key key, LeafValue value) in moved)
            {
                staged.Put(key, value);
            }
        });
    }

    /// <summary>
    /// Puts the keys of another database into this one without copying their values: this database refers to the data files of the other, which must
    /// stay where they are. Several databases can be merged in one transaction, and what was merged can be merged again.
    /// </summary>
    /// <param name="source">The database to copy from, as it is now; its base store lies below that of this database, or is the same.</param>
    /// <param name="range">The keys to copy, without <paramref name="sourcePrefix"/>; all by default.</param>
    /// <param name="sourcePrefix">What the keys begin with in the source; it is left out here.</param>
    /// <param name="targetPrefix">What the keys begin with here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The source does not lie below this database, or a key becomes too long.</exception>
    public async ValueTask CopyRangeAsync(
        OcdbtStore source, KeyRange range = default, Key sourcePrefix = default, Key targetPrefix = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        CheckOpen();
        ReadOnlyMemory<byte> dataPath = CopyRangeOperation.DataPath(_store.Io.Store, source.Io.Store);
        if (await source.CurrentAsync(cancellationToken).ConfigureAwait(false) is not { } version)
        {
            return;
        }

        KeyRange full = new(
            sourcePrefix.Append(range.InclusiveMin), range.ExclusiveMax is { } max ? sourcePrefix.Append(max) : sourcePrefix.PrefixSuccessor());
        await foreach (Graft leaf in CopyRangeOperation.RunAsync(
            source.Io, version, full, sourcePrefix, targetPrefix, dataPath, cancellationToken).ConfigureAwait(false))
        {
            bool isWhole = !leaf.Entry.Node.Location.IsMissing;
            for (int i = 0; i < leaf.Keys.Length; i++)
            {
                OcdbtStore.CheckKey(leaf.Keys[i]);
                if (leaf.Values[i].IsInline && leaf.Values[i].Length > _store.StoredConfig.MaxInlineValueBytes)
                {
                    ReadOnlySequence<byte> value = new(leaf.Values[i].Inline);
                    leaf.Values[i] = await _store.StoreAsync(value, _files, cancellationToken).ConfigureAwait(false);
                    isWhole = false;
                }
            }

            Stage(staged =>
            {
                for (int i = 0; i < leaf.Keys.Length; i++)
                {
                    staged.Put(leaf.Keys[i], leaf.Values[i]);
                }

                if (isWhole)
                {
                    _grafts.Add(leaf);
                }
            });
        }
    }

    /// <summary>Commits the transaction: all of it becomes the next version of the database, durably, and the transaction ends.</summary>
    /// <param name="cancellationToken">Gives up; the commit may take place nonetheless.</param>
    /// <returns>
    /// Whether it took place. False where another writer has meanwhile changed something that the transaction read; nothing is written then, and a new
    /// transaction is to do the work again. A transaction that only writes always takes place.
    /// </returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<bool> CommitAsync(CancellationToken cancellationToken = default)
    {
        Mutation[] mutations;
        BtreeGenerationReference? snapshot;
        lock (_lock)
        {
            CheckOpen();
            _isOpen = false;
            mutations = _staged.ToSorted();
            _staged.Clear();
        }

        snapshot = _snapshot is null ? null : await _snapshot.ConfigureAwait(false);
        bool holds = true;
        await CommitOperation.RunAsync(
            _store.Io,
            _store.StoredConfig,
            _files,
            async (writer, latest, token) =>
            {
                holds = await _reads.IsUnchangedAsync(_store.Io, snapshot, latest, token).ConfigureAwait(false);
                if (!holds)
                {
                    return null;
                }

                Mutation[] combined = await Graft.ApplyAsync(_store.Io, latest, mutations, _grafts, token).ConfigureAwait(false);
                return await UpdateOperation.RunAsync(writer, latest, combined, token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return holds;
    }

    /// <summary>Gives the transaction up unless it was committed.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isOpen = false;
        }

        _files.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<StorageGeneration> WriteSlowlyAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options, CancellationToken cancellationToken)
    {
        CheckOpen();
        LeafValue stored = await _store.StoreAsync(value, _files, cancellationToken).ConfigureAwait(false);
        if (!options.IfEqual.IsUnknown && !await HoldsAsync(key, options.IfEqual, cancellationToken).ConfigureAwait(false))
        {
            return StorageGeneration.Unknown;
        }

        Stage(staged => staged.Put(key, stored));
        return LeafGeneration.Of(stored);
    }

    private async IAsyncEnumerable<(Key Key, LeafValue Value)> EntriesAsync(
        KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BtreeGenerationReference? snapshot = await SnapshotAsync(cancellationToken).ConfigureAwait(false);
        Mutation[] mutations;
        lock (_lock)
        {
            CheckOpen();
            _reads.Add(range);
            mutations = _staged.ToSorted(range);
        }

        int next = 0;
        if (snapshot is { } version)
        {
            await foreach ((Key key, LeafValue value) in ListOperation.RunAsync(_store.Io, version, range, cancellationToken).ConfigureAwait(false))
            {
                // Mutations whose last key comes before this one are behind us.
                while (next < mutations.Length && mutations[next].Min < key && !mutations[next].Reaches(key))
                {
                    if (mutations[next].Kind == MutationKind.Put)
                    {
                        yield return (mutations[next].Min, mutations[next].Value);
                    }

                    next++;
                }

                bool isTouched = next < mutations.Length && (mutations[next].Min == key || (mutations[next].Min < key && mutations[next].Reaches(key)));
                if (!isTouched)
                {
                    yield return (key, value);
                }
            }
        }

        for (; next < mutations.Length; next++)
        {
            if (mutations[next].Kind == MutationKind.Put)
            {
                yield return (mutations[next].Min, mutations[next].Value);
            }
        }
    }

    private async ValueTask<LeafValue?> FindAsync(Key key, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            CheckOpen();
            if (_staged.TryGet(key, out LeafValue? staged))
            {
                return staged;
            }
        }

        BtreeGenerationReference? snapshot = await SnapshotAsync(cancellationToken).ConfigureAwait(false);
        LeafValue? value = snapshot is { } version
            ? await ReadOperation.FindAsync(_store.Io, version, key, cancellationToken).ConfigureAwait(false)
            : null;
        lock (_lock)
        {
            _reads.Add(key, LeafGeneration.Of(value));
        }

        return value;
    }

    private async ValueTask<bool> HoldsAsync(Key key, StorageGeneration ifEqual, CancellationToken cancellationToken) =>
        LeafGeneration.Of(await FindAsync(key, cancellationToken).ConfigureAwait(false)) == ifEqual;

    private async ValueTask<BtreeGenerationReference?> SnapshotAsync(CancellationToken cancellationToken)
    {
        Task<BtreeGenerationReference?> snapshot;
        lock (_lock)
        {
            snapshot = _snapshot ??= _store.LatestAsync(TimeSpan.Zero, CancellationToken.None).AsTask();
        }

        return await snapshot.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool IsOwn(LeafValue value) => _files.Contains(value.Location.File);

    private void Stage(Action<StagedMutations> change)
    {
        lock (_lock)
        {
            CheckOpen();
            change(_staged);
        }
    }

    private void CheckOpen() => ObjectDisposedException.ThrowIf(!_isOpen, this);
}
