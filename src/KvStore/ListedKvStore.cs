namespace OcdbtSharp.KvStore;

/// <summary>A snapshot of the keys of a store; values are read from the store itself.</summary>
internal sealed class ListedKvStore : SnapshotKvStore
{
    private readonly IKvStore _store;

    private ListedKvStore(IKvStore store) => _store = store;

    /// <inheritdoc/>
    public override ReadCoalescing Coalescing => _store.Coalescing;

    /// <inheritdoc/>
    public override bool ReadsTogether => false;

    /// <summary>Lists a store.</summary>
    public static async ValueTask<SnapshotKvStore> ReadAsync(IKvStore store, CancellationToken cancellationToken)
    {
        ListedKvStore snapshot = new(store);
        await foreach (ListEntry entry in store.ListAsync(KeyRange.All, cancellationToken).ConfigureAwait(false))
        {
            snapshot.Add(entry.Key, entry.Length);
        }

        return snapshot;
    }

    /// <inheritdoc/>
    public override string Describe(Key key) => _store.Describe(key);

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(int index, ReadOptions options, CancellationToken cancellationToken) =>
        _store.ReadAsync(KeyAt(index), options, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>?[]> ReadManyAsync(IReadOnlyList<int> indices, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>?[] values = new ReadOnlyMemory<byte>?[indices.Count];
        for (int position = 0; position < values.Length; position++)
        {
            ReadResult result = await ReadAsync(indices[position], default, cancellationToken).ConfigureAwait(false);
            values[position] = result.HasValue ? result.Value : default(ReadOnlyMemory<byte>?);
        }

        return values;
    }

    /// <inheritdoc/>
    public override ValueTask<FileExtent?> FindInFileAsync(int index, CancellationToken cancellationToken) => _store is IFileBackedKvStore files
        ? files.FindInFileAsync(KeyAt(index), cancellationToken)
        : ValueTask.FromResult<FileExtent?>(null);

    /// <inheritdoc/>
    protected override ValueTask<ReadResult> ReadWithGenerationAsync(int index, ReadOptions options, CancellationToken cancellationToken) =>
        ReadAsync(index, options, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask<ReadResult> StatAsync(int index, CancellationToken cancellationToken) => _store.StatAsync(KeyAt(index), cancellationToken);
}
