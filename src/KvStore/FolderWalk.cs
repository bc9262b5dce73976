using System.Runtime.CompilerServices;

namespace OcdbtSharp.KvStore;

/// <summary>Lists one level of the keys of a store that lists all levels at once.</summary>
internal static class FolderWalk
{
    // Below a folder with more keys than this, a new listing behind the folder is cheaper than walking through it.
    private const int KeysToWalk = 64;

    /// <inheritdoc cref="IKvStore.ListFolderAsync"/>
    public static async IAsyncEnumerable<ListEntry> RunAsync(IKvStore store, Key prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        KeyRange? next = KeyRange.Prefix(prefix);
        while (next is { } range)
        {
            next = null;
            Key folder = default;
            int keysInFolder = 0;
            await foreach (ListEntry entry in store.ListAsync(range, cancellationToken).ConfigureAwait(false))
            {
                if (keysInFolder > 0 && entry.Key.StartsWith(folder))
                {
                    if (++keysInFolder > KeysToWalk)
                    {
                        next = folder.PrefixSuccessor() is { } behind ? range with { InclusiveMin = behind } : null;
                        break;
                    }

                    continue;
                }

                int slash = entry.Key.Span[prefix.Length..].IndexOf((byte)'/');
                keysInFolder = slash < 0 ? 0 : 1;
                folder = slash < 0 ? default : new Key(entry.Key.Bytes[..(prefix.Length + slash + 1)]);
                yield return slash < 0 ? entry : new ListEntry(folder, -1);
            }
        }
    }
}
