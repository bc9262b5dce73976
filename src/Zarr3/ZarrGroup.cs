using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Groups;

namespace OcdbtSharp.Zarr3;

/// <summary>A group of arrays and other groups, of zarr version 2 or 3, in any store. Safe to use from many threads at once.</summary>
public sealed class ZarrGroup
{
    private readonly NodeMetadata? _metadata;
    private readonly ConsolidatedMetadata? _consolidated;

    // The path of this group within the one that the consolidated metadata is of.
    private readonly string _consolidatedPath;

    private ZarrGroup(IKvStore store, ZarrFormat format, NodeMetadata? metadata, ConsolidatedMetadata? consolidated, string consolidatedPath)
    {
        Store = store;
        Format = format;
        _metadata = metadata;
        _consolidated = consolidated;
        _consolidatedPath = consolidatedPath;
    }

    /// <summary>The version of the format; of a folder without metadata that of its first member.</summary>
    public ZarrFormat Format { get; }

    /// <summary>The user's attributes: an object, empty where there are none.</summary>
    public JsonElement Attributes => _metadata?.Attributes ?? JsonSpelling.ToElement(new JsonObject());

    /// <summary>Whether the members are known from consolidated metadata, which may be older than they are.</summary>
    public bool IsConsolidated => _consolidated is not null;

    internal IKvStore Store { get; }

    /// <summary>Opens a group.</summary>
    /// <param name="store">A store whose root is a group.</param>
    /// <param name="path">The path of the group below the root, names separated by <c>/</c>; empty for the root itself.</param>
    /// <param name="useConsolidatedMetadata">Whether to learn of the members from consolidated metadata where the group has some.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The path is none.</exception>
    /// <exception cref="StorageException">There is no group, or the storage failed.</exception>
    /// <exception cref="CorruptDataException">The metadata breaks the format.</exception>
    public static async ValueTask<ZarrGroup> OpenAsync(
        IKvStore store, string path = "", bool useConsolidatedMetadata = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        IKvStore at = NodePath.At(store, NodePath.Normalize(path));
        NodeMetadata? metadata = await NodeMetadata.ReadAsync(at, withAttributes: true, cancellationToken).ConfigureAwait(false);
        switch (metadata)
        {
            case { Kind: ZarrNodeKind.Array }:
                throw new StorageException("This is an array, not a group.", at.Describe(Key.Empty));
            case { } group:
                ConsolidatedMetadata? consolidated = !useConsolidatedMetadata ? null
                    : group.Format == ZarrFormat.V3 ? ConsolidatedMetadata.ParseV3(group.Json, at.Describe(group.FileName))
                    : await ReadConsolidatedV2Async(at, cancellationToken).ConfigureAwait(false);
                return new ZarrGroup(at, group.Format, group, consolidated, "");
        }

        await foreach (NodeWalk.Member member in NodeWalk.MembersAsync(at, recursive: true, withAttributes: false, cancellationToken).ConfigureAwait(false))
        {
            if (member.Metadata is { } first)
            {
                return new ZarrGroup(at, first.Format, null, null, "");
            }
        }

        throw new StorageException("There is no zarr group: neither metadata nor members were found.", at.Describe(Key.Empty));
    }

    /// <summary>Creates a group, and above it those that are missing.</summary>
    /// <param name="store">A store whose root is a group, or becomes one.</param>
    /// <param name="path">The path of the group below the root; empty for the root itself.</param>
    /// <param name="options">What it is to be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The path is none, or the attributes are not a JSON object.</exception>
    /// <exception cref="StorageException">There is something already, where that is an error, or the storage failed.</exception>
    public static async ValueTask<ZarrGroup> CreateAsync(
        IKvStore store, string path = "", GroupCreateOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        options ??= new GroupCreateOptions();
        if (options.Attributes is { ValueKind: not JsonValueKind.Object })
        {
            throw new ArgumentException("The attributes are not a JSON object.", nameof(options));
        }

        string normal = NodePath.Normalize(path);
        IKvStore at = NodePath.At(store, normal);
        if (options.Mode == ZarrCreateMode.DeleteExisting)
        {
            await at.DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        }

        await CreateParentsAsync(store, normal, options.Format, cancellationToken).ConfigureAwait(false);
        NodeMetadata? existing = await NodeMetadata.ReadAsync(at, withAttributes: true, cancellationToken).ConfigureAwait(false);
        if (existing is null)
        {
            NodeMetadata created = NodeMetadata.NewGroup(options.Format, options.Attributes);
            await WriteAsync(at, created, cancellationToken).ConfigureAwait(false);
            return new ZarrGroup(at, options.Format, created, null, "");
        }

        return options.Mode == ZarrCreateMode.OpenIfPresent && existing.Kind == ZarrNodeKind.Group && existing.Format == options.Format
            ? new ZarrGroup(at, existing.Format, existing, null, "")
            : throw new StorageException(
                $"There is {(existing.Kind == ZarrNodeKind.Array ? "an array" : "a group")} of version {(int)existing.Format} already.", at.Describe(Key.Empty));
    }

    /// <summary>The members, in order of their names where consolidated metadata tells of them, otherwise in that of the store's keys.</summary>
    /// <param name="recursive">Whether to go down into groups; a group comes before its members.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CorruptDataException">Some metadata breaks the format.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async IAsyncEnumerable<ZarrNode> ListAsync(bool recursive = false, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (_consolidated is not null)
        {
            foreach (ZarrNode node in _consolidated.Below(_consolidatedPath, recursive))
            {
                yield return node;
            }

            yield break;
        }

        await foreach (NodeWalk.Member member in NodeWalk.MembersAsync(Store, recursive, withAttributes: false, cancellationToken).ConfigureAwait(false))
        {
            yield return member.Node;
        }
    }

    /// <summary>Opens an array below this group.</summary>
    /// <param name="path">Its path below the group.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="ZarrArray.OpenAsync" path="/exception"/>
    public async ValueTask<ZarrArray> OpenArrayAsync(string path, CancellationToken cancellationToken = default)
    {
        string normal = NodePath.Normalize(path);
        IKvStore at = NodePath.At(Store, normal);
        return Known(normal) is { Kind: ZarrNodeKind.Array } known
            ? new ZarrArray(at, ArrayMetadata.Parse(known.Json, known.Format, at.Describe(known.FileName)))
            : await ZarrArray.OpenAsync(at, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a group below this one.</summary>
    /// <param name="path">Its path below this group.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="OpenAsync" path="/exception"/>
    public async ValueTask<ZarrGroup> OpenGroupAsync(string path, CancellationToken cancellationToken = default)
    {
        string normal = NodePath.Normalize(path);
        return Known(normal) is { Kind: ZarrNodeKind.Group } known
            ? new ZarrGroup(NodePath.At(Store, normal), known.Format, known, _consolidated, NodePath.Join(_consolidatedPath, normal))
            : await OpenAsync(Store, normal, useConsolidatedMetadata: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Creates an array below this group, and between them the groups that are missing.</summary>
    /// <param name="path">Its path below the group.</param>
    /// <param name="options">What it is to be. Its version is that of the group.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="ZarrArray.CreateAsync" path="/exception"/>
    public async ValueTask<ZarrArray> CreateArrayAsync(string path, ArrayCreateOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        string normal = NodePath.Normalize(path);
        await CreateParentsAsync(Store, normal, Format, cancellationToken).ConfigureAwait(false);
        return await ZarrArray.CreateAsync(NodePath.At(Store, normal), options with { Format = Format }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Creates a group below this one, and between them those that are missing.</summary>
    /// <param name="path">Its path below this group.</param>
    /// <param name="options">What it is to be. Its version is that of this group.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateAsync" path="/exception"/>
    public ValueTask<ZarrGroup> CreateGroupAsync(string path, GroupCreateOptions? options = null, CancellationToken cancellationToken = default) =>
        CreateAsync(Store, path, (options ?? new GroupCreateOptions()) with { Format = Format }, cancellationToken);

    /// <summary>Replaces the user's attributes. Consolidated metadata is left as it is.</summary>
    /// <param name="attributes">A JSON object.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The group with its new attributes; this instance keeps the old ones.</returns>
    /// <exception cref="ArgumentException">They are not a JSON object.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<ZarrGroup> WriteAttributesAsync(JsonElement attributes, CancellationToken cancellationToken = default)
    {
        JsonObject json = JsonObject.Create(attributes) ?? throw new ArgumentException("The attributes are not a JSON object.", nameof(attributes));
        NodeMetadata old = _metadata ?? NodeMetadata.NewGroup(Format, null);
        NodeMetadata changed = old with { V2Attributes = attributes };
        if (Format == ZarrFormat.V3)
        {
            JsonObject members = JsonObject.Create(old.Json)!;
            members["attributes"] = json;
            changed = old with { Json = JsonSpelling.ToElement(members) };
        }

        await WriteAsync(Store, changed, cancellationToken).ConfigureAwait(false);
        return new ZarrGroup(Store, Format, changed, _consolidated, _consolidatedPath);
    }

    /// <summary>Stores the metadata of all members, as they are now, with the group, so that one read tells of them all.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The group with the consolidated metadata.</returns>
    /// <exception cref="CorruptDataException">Some metadata breaks the format.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async ValueTask<ZarrGroup> ConsolidateMetadataAsync(CancellationToken cancellationToken = default)
    {
        ConsolidatedMetadata consolidated = new();
        await foreach (NodeWalk.Member member in NodeWalk.MembersAsync(Store, recursive: true, withAttributes: true, cancellationToken).ConfigureAwait(false))
        {
            if ((member.Metadata ?? NodeMetadata.NewGroup(Format, null)) is { } metadata && metadata.Format == Format)
            {
                consolidated.Add(member.Path, metadata);
            }
        }

        NodeMetadata own = _metadata ?? NodeMetadata.NewGroup(Format, null);
        if (Format == ZarrFormat.V2)
        {
            await Store.WriteAsync(ConsolidatedMetadata.V2FileName, JsonSpelling.Write(consolidated.ToV2(own)), default, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            own = own with { Json = JsonSpelling.ToElement(consolidated.ToV3(own)) };
            await WriteAsync(Store, own, cancellationToken).ConfigureAwait(false);
        }

        return new ZarrGroup(Store, Format, own, consolidated, "");
    }

    private NodeMetadata? Known(string path) => _consolidated?.TryGet(NodePath.Join(_consolidatedPath, path));

    private static async ValueTask<ConsolidatedMetadata?> ReadConsolidatedV2Async(IKvStore store, CancellationToken cancellationToken)
    {
        ReadResult file = await store.ReadAsync(ConsolidatedMetadata.V2FileName, default, cancellationToken).ConfigureAwait(false);
        return file.HasValue ? ConsolidatedMetadata.ParseV2(file.Value, store.Describe(ConsolidatedMetadata.V2FileName)) : null;
    }

    private static async ValueTask CreateParentsAsync(IKvStore store, string path, ZarrFormat format, CancellationToken cancellationToken)
    {
        foreach (string parent in NodePath.Parents(path))
        {
            IKvStore at = NodePath.At(store, parent);
            NodeMetadata? existing = await NodeMetadata.ReadAsync(at, withAttributes: false, cancellationToken).ConfigureAwait(false);
            if (existing is { Kind: ZarrNodeKind.Array })
            {
                throw new StorageException("This is an array: nothing can be created below it.", at.Describe(Key.Empty));
            }

            if (existing is null)
            {
                // Where somebody else was faster, theirs stays.
                NodeMetadata created = NodeMetadata.NewGroup(format, null);
                ReadOnlySequence<byte> file = new(JsonSpelling.WriteUnsorted(created.Json));
                await at.ReplaceAsync(created.FileName, file, StorageGeneration.NoValue, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask WriteAsync(IKvStore store, NodeMetadata metadata, CancellationToken cancellationToken)
    {
        if (metadata.V2Attributes.ValueKind == JsonValueKind.Object)
        {
            await store.WriteAsync(V2.V2Metadata.AttributesFileName, JsonSpelling.Write(metadata.V2Attributes), default, cancellationToken).ConfigureAwait(false);
        }

        await store.WriteAsync(metadata.FileName, JsonSpelling.WriteUnsorted(metadata.Json), default, cancellationToken).ConfigureAwait(false);
    }
}
