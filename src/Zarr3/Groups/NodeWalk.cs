using System.Runtime.CompilerServices;
using System.Text.Unicode;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Groups;

/// <summary>
/// Finds the members of a group by listing. The keys below a member are skipped, so that a list costs as many steps as there are members and
/// not as there are chunks. A folder without metadata counts as a group where there is a member somewhere below it.
/// </summary>
internal static class NodeWalk
{
    // Folders in folders: no hierarchy has so many, and each costs a level of calls.
    private const int MaxDepth = 128;

    /// <summary>A member: its path, and its metadata, which a folder does not have.</summary>
    public readonly record struct Member(string Path, NodeMetadata? Metadata)
    {
        public ZarrNode Node => new(Path, Metadata?.Kind ?? ZarrNodeKind.Group);
    }

    /// <summary>The members of the group at the root of a store, each before those below it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="recursive">Whether to go down into groups.</param>
    /// <param name="withAttributes">Whether to read the attributes of version 2.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static IAsyncEnumerable<Member> MembersAsync(IKvStore store, bool recursive, bool withAttributes, CancellationToken cancellationToken) =>
        MembersAsync(store, "", recursive, withAttributes, 0, cancellationToken);

    private static async IAsyncEnumerable<Member> MembersAsync(
        IKvStore store, string path, bool recursive, bool withAttributes, int depth, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (depth > MaxDepth)
        {
            throw new UnsupportedFormatException($"groups are nested more than {MaxDepth} deep", store.Describe(path));
        }

        IKvStore group = NodePath.At(store, path);
        Key min = Key.Empty;
        while (await NextFolderAsync(group, min, cancellationToken).ConfigureAwait(false) is { } name)
        {
            // The key behind all that begin with the name and a '/'.
            min = new Key(name).Append("0");
            string member = NodePath.Join(path, name);
            NodeMetadata? metadata = await NodeMetadata.ReadAsync(NodePath.At(store, member), withAttributes, cancellationToken).ConfigureAwait(false);
            if (metadata is not null)
            {
                yield return new Member(member, metadata);
            }

            if (metadata is { Kind: ZarrNodeKind.Array } || (metadata is not null && !recursive))
            {
                continue;
            }

            bool isKnown = metadata is not null;
            await foreach (Member below in MembersAsync(store, member, recursive, withAttributes, depth + 1, cancellationToken).ConfigureAwait(false))
            {
                if (!isKnown)
                {
                    yield return new Member(member, null);
                    isKnown = true;
                }

                if (!recursive)
                {
                    break;
                }

                yield return below;
            }
        }
    }

    /// <summary>The first folder from a key on; null where there is none.</summary>
    private static async ValueTask<string?> NextFolderAsync(IKvStore store, Key min, CancellationToken cancellationToken)
    {
        await foreach (ListEntry entry in store.ListAsync(new KeyRange(min, null), cancellationToken).ConfigureAwait(false))
        {
            ReadOnlyMemory<byte> key = entry.Key.Bytes;
            int slash = key.Span.IndexOf((byte)'/');
            if (slash > 0 && Utf8.IsValid(key.Span[..slash]))
            {
                return new Key(key[..slash]).ToString();
            }
        }

        return null;
    }
}
