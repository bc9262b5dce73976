using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore;

/// <summary>A store in memory. It is the reference for what every store must do.</summary>
public sealed class MemoryKvStore : IPiecewiseKvStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<Key, (byte[] Value, StorageGeneration Generation)> _values = [];
    private long _generation;

    /// <inheritdoc/>
    public KvStoreCapabilities Capabilities =>
        KvStoreCapabilities.List | KvStoreCapabilities.Write | KvStoreCapabilities.ConditionalWrite | KvStoreCapabilities.RenamePrefix
        | KvStoreCapabilities.PiecewiseWrite;

    /// <inheritdoc/>
    public string Describe(Key key) => $"memory://{key}";

    /// <inheritdoc/>
    public ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        byte[] value;
        StorageGeneration generation;
        lock (_lock)
        {
            if (!_values.TryGetValue(key, out var found))
            {
                return ValueTask.FromResult(ReadResult.Missing);
            }

            (value, generation) = found;
        }

        if (!options.IfNotEqual.IsUnknown && options.IfNotEqual == generation)
        {
            return ValueTask.FromResult(new ReadResult(ReadState.Unchanged, default, generation, value.Length));
        }

        return ValueTask.FromResult(new ReadResult(ReadState.Value, options.Slice(value), generation, value.Length));
    }

    /// <inheritdoc/>
    public ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return ValueTask.FromResult(
                _values.TryGetValue(key, out var found)
                    ? new ReadResult(ReadState.Value, default, found.Generation, found.Value.Length)
                    : ReadResult.Missing);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ListEntry[] entries;
        lock (_lock)
        {
            entries = [.. _values.Where(pair => range.Contains(pair.Key)).Select(pair => new ListEntry(pair.Key, pair.Value.Value.Length))];
        }

        foreach (ListEntry entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Put(new Key(key.Bytes.ToArray()), value.ToArray(), options));
    }

    /// <inheritdoc/>
    public ValueTask<ValueWriter> BeginWriteAsync(Key key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Key owned = new(key.Bytes.ToArray());
        return ValueTask.FromResult<ValueWriter>(new MemoryValueWriter(bytes => Put(owned, bytes.ToArray(), default)));
    }

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            bool holds = Holds(key, options);
            if (holds)
            {
                _values.Remove(key);
            }

            return ValueTask.FromResult(holds);
        }
    }

    /// <inheritdoc/>
    public ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            foreach (Key key in _values.Keys.Where(range.Contains).ToArray())
            {
                _values.Remove(key);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_values.Keys.Any(KeyRange.Prefix(destination).Contains))
            {
                throw new StorageException("Cannot move here: something is there already.", Describe(destination));
            }

            foreach (Key key in _values.Keys.Where(KeyRange.Prefix(source).Contains).ToArray())
            {
                _values.Remove(key, out var value);
                _values.Add(destination.Append(new Key(key.Bytes[source.Length..])), value);
            }
        }

        return ValueTask.CompletedTask;
    }

    private StorageGeneration Put(Key key, byte[] value, WriteOptions options)
    {
        lock (_lock)
        {
            if (!Holds(key, options))
            {
                return StorageGeneration.Unknown;
            }

            StorageGeneration generation = new((++_generation).ToString(CultureInfo.InvariantCulture));
            _values[key] = (value, generation);
            return generation;
        }
    }

    private bool Holds(Key key, WriteOptions options) =>
        options.IfEqual.IsUnknown
        || options.IfEqual == (_values.TryGetValue(key, out var found) ? found.Generation : StorageGeneration.NoValue);
}
