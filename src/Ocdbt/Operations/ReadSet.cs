using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>What a transaction has read, and whether it would read the same in another version.</summary>
internal sealed class ReadSet
{
    private readonly Dictionary<Key, StorageGeneration> _keys = [];
    private readonly List<KeyRange> _ranges = [];

    public void Add(Key key, StorageGeneration generation) => _keys[key] = generation;

    public void Add(KeyRange range)
    {
        if (!_ranges.Contains(range))
        {
            _ranges.Add(range);
        }
    }

    /// <summary>Whether all that was read in one version is the same in another.</summary>
    public async ValueTask<bool> IsUnchangedAsync(
        IoHandle io, BtreeGenerationReference? snapshot, BtreeGenerationReference? latest, CancellationToken cancellationToken)
    {
        if (snapshot?.Root.Location == latest?.Root.Location)
        {
            return true;
        }

        foreach ((Key key, StorageGeneration generation) in _keys)
        {
            LeafValue? value = latest is { } version
                ? await ReadOperation.FindAsync(io, version, key, cancellationToken).ConfigureAwait(false)
                : null;
            if (LeafGeneration.Of(value) != generation)
            {
                return false;
            }
        }

        foreach (KeyRange range in _ranges)
        {
            if (!await IsUnchangedAsync(io, snapshot, latest, range, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }

    private static async ValueTask<bool> IsUnchangedAsync(
        IoHandle io, BtreeGenerationReference? snapshot, BtreeGenerationReference? latest, KeyRange range, CancellationToken cancellationToken)
    {
        var before = ListAsync(io, snapshot, range, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using ConfiguredAsyncDisposable disposeBefore = before.ConfigureAwait(false);
        var after = ListAsync(io, latest, range, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using ConfiguredAsyncDisposable disposeAfter = after.ConfigureAwait(false);
        while (true)
        {
            bool more = await before.MoveNextAsync().ConfigureAwait(false);
            if (more != await after.MoveNextAsync().ConfigureAwait(false))
            {
                return false;
            }

            if (!more)
            {
                return true;
            }

            if (before.Current.Key != after.Current.Key || LeafGeneration.Of(before.Current.Value) != LeafGeneration.Of(after.Current.Value))
            {
                return false;
            }
        }
    }

    private static IAsyncEnumerable<(Key Key, LeafValue Value)> ListAsync(
        IoHandle io, BtreeGenerationReference? version, KeyRange range, CancellationToken cancellationToken) => version is { } present
            ? ListOperation.RunAsync(io, present, range, cancellationToken)
            : AsyncEnumerable.Empty<(Key, LeafValue)>();
}
