using System.Buffers;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>The data files that a store holds and those that a database refers to.</summary>
internal sealed class StoredDataFiles(IKvStore store)
{
    private const string DefaultPrefix = "d/";

    // Length of the random part of a data file's name.
    private const int NameLength = 32;

    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789abcdef"u8);

    private readonly Dictionary<Key, long?> _reached = [];
    private readonly HashSet<Key> _prefixes = [new Key(DefaultPrefix)];
    private Dictionary<Key, ListEntry>? _listed;

    /// <summary>When data last became unreachable; null where it never did, or where the store does not tell.</summary>
    public DateTimeOffset? MarkedAt { get; private set; }

    /// <summary>What the names of this database's own data files begin with.</summary>
    public IReadOnlyCollection<Key> Prefixes => _prefixes;

    public int ReachedCount => _reached.Count;

    public long ReachedBytes => _reached.Values.Sum(length => length ?? 0);

    /// <summary>Lists what is there. Before the manifest is read: what is written later is in use by a later version.</summary>
    public async ValueTask ListAsync(CancellationToken cancellationToken)
    {
        if (!store.Capabilities.HasFlag(KvStoreCapabilities.List))
        {
            return;
        }

        _listed = [];
        await foreach (ListEntry entry in store.ListAsync(KeyRange.All, cancellationToken).ConfigureAwait(false))
        {
            if (PrefixOf(entry.Key) is not null)
            {
                _listed[entry.Key] = entry;
            }
            else if (entry.Key == new Key(RewriteOperation.MarkerFile))
            {
                MarkedAt = entry.Modified;
            }
        }
    }

    /// <summary>Takes note that a file is referred to.</summary>
    /// <returns>Its length in bytes, null where it is missing; and whether this is the first time.</returns>
    public async ValueTask<(long? Length, bool IsFirst)> ReachAsync(DataFileId file, CancellationToken cancellationToken)
    {
        if (_reached.TryGetValue(file.Path, out long? known))
        {
            return (known, false);
        }

        if (file.BaseLength == 0 && PrefixOf(file.Path) is { } prefix)
        {
            _prefixes.Add(prefix);
        }

        long? length = _listed is not null && _listed.TryGetValue(file.Path, out ListEntry entry) && entry.Length >= 0
            ? entry.Length
            : await LengthAsync(file.Path, cancellationToken).ConfigureAwait(false);
        _reached.Add(file.Path, length);
        return (length, true);
    }

    /// <summary>
    /// The files that nothing refers to, in order: those with the name of a data file, behind a prefix that this database uses. Whatever else
    /// lies in the store, such as the files of databases that were merged into this one, is not ours to judge.
    /// </summary>
    public IReadOnlyList<ListEntry>? Orphans() => _listed is null
        ? null
        : [.. _listed.Values.Where(entry => !_reached.ContainsKey(entry.Key) && _prefixes.Contains(PrefixOf(entry.Key)!.Value)).OrderBy(entry => entry.Key)];

    private async ValueTask<long?> LengthAsync(Key path, CancellationToken cancellationToken)
    {
        try
        {
            ReadResult found = await store.StatAsync(path, cancellationToken).ConfigureAwait(false);
            return found.HasValue ? found.TotalLength : null;
        }
        catch (ArgumentException)
        {
            // A path that the store cannot hold.
            return null;
        }
    }

    /// <summary>What stands before the 32 hexadecimal digits that data files are named with; null where they are not there.</summary>
    public static Key? PrefixOf(Key path)
    {
        return path.Length >= NameLength && !path.Span[^NameLength..].ContainsAnyExcept(Digits) ? new Key(path.Bytes[..^NameLength]) : default(Key?);
    }
}
