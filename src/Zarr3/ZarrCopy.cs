using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Copying;
using OcdbtSharp.Zarr3.Groups;

namespace OcdbtSharp.Zarr3;

/// <summary>Copies arrays and whole groups, and changes on the way how they are stored: version, chunks, shards, codecs, data type.</summary>
public static class ZarrCopy
{
    /// <summary>Copies what lies at the root of a store, an array or a group with all its members.</summary>
    /// <param name="source">A store whose root is an array or a group.</param>
    /// <param name="destination">A store whose root becomes the copy.</param>
    /// <param name="options">What the copy is to be like.</param>
    /// <param name="cancellationToken">Gives up; what has been copied stays.</param>
    /// <exception cref="ArgumentException">An array cannot be as the options ask; the message says why.</exception>
    /// <exception cref="CorruptDataException">The source is damaged.</exception>
    /// <exception cref="UnsupportedFormatException">The source needs something that is not known.</exception>
    /// <exception cref="StorageException">There is nothing to copy, or something at the destination already, or the storage failed.</exception>
    public static async ValueTask CopyAsync(
        IKvStore source, IKvStore destination, ZarrCopyOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        options ??= new ZarrCopyOptions();
        NodeMetadata? root = await NodeMetadata.ReadAsync(source, withAttributes: false, cancellationToken).ConfigureAwait(false);
        if (root is { Kind: ZarrNodeKind.Array })
        {
            ZarrArray array = await ZarrArray.OpenAsync(source, cancellationToken).ConfigureAwait(false);
            await ArrayCopy.RunAsync(array, destination, options, isMember: false, cancellationToken).ConfigureAwait(false);
            return;
        }

        ZarrGroup group = await ZarrGroup.OpenAsync(source, cancellationToken: cancellationToken).ConfigureAwait(false);
        ZarrFormat format = options.Format ?? group.Format;
        ZarrGroup copy = await ZarrGroup.CreateAsync(destination, "", Created(group, options.Mode), cancellationToken).ConfigureAwait(false);
        await foreach (ZarrNode node in group.ListAsync(recursive: true, cancellationToken).ConfigureAwait(false))
        {
            if (node.Kind == ZarrNodeKind.Array)
            {
                ZarrArray array = await group.OpenArrayAsync(node.Path, cancellationToken).ConfigureAwait(false);
                await ArrayCopy.RunAsync(array, NodePath.At(destination, node.Path), options with { Format = format }, isMember: true, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                ZarrGroup member = await group.OpenGroupAsync(node.Path, cancellationToken).ConfigureAwait(false);
                await ZarrGroup.CreateAsync(destination, node.Path, Created(member, ZarrCreateMode.OpenIfPresent), cancellationToken).ConfigureAwait(false);
            }
        }

        if (options.Consolidate ?? group.IsConsolidated)
        {
            await copy.ConsolidateMetadataAsync(cancellationToken).ConfigureAwait(false);
        }

        GroupCreateOptions Created(ZarrGroup like, ZarrCreateMode mode) => new()
        {
            Format = format,
            Attributes = like.Attributes,
            Mode = mode,
        };
    }
}
