using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.IO;

/// <summary>The one place where operations touch the base store: manifests, nodes and values by reference.</summary>
internal sealed class IoHandle(IKvStore store, long cacheBytes)
{
    private readonly NodeCache _cache = new(cacheBytes);

    public IKvStore Store => store;

    /// <summary>Where a node or value lies, for people.</summary>
    public string Describe(IndirectDataReference location) =>
        $"{store.Describe(location.File.Path)} [{location.Offset}, {location.Offset + location.Length})";

    /// <summary>Reads the latest manifest, of whichever kind.</summary>
    /// <exception cref="StorageException">There is no database.</exception>
    public async ValueTask<Manifest> GetManifestAsync(CancellationToken cancellationToken)
    {
        Manifest manifest = await ReadManifestAsync(Manifest.FileName, cancellationToken).ConfigureAwait(false)
            ?? throw new StorageException("There is no OCDBT database: its manifest is missing.", store.Describe(Manifest.FileName));
        if (manifest.Config.ManifestKind == OcdbtManifestKind.Single)
        {
            return manifest;
        }

        // A writer deletes old manifests behind its newest: one that was listed and is gone has been followed by a newer one.
        for (ulong missing = 0; ;)
        {
            ulong latest = 0;
            await foreach (ListEntry entry in store.ListAsync(Manifest.NumberedKeys, cancellationToken).ConfigureAwait(false))
            {
                latest = Math.Max(latest, Manifest.NumberedGeneration(entry.Key) ?? 0);
            }

            if (latest == 0)
            {
                return manifest;
            }

            if (await ReadManifestAsync(Manifest.NumberedKey(latest), cancellationToken).ConfigureAwait(false) is { } numbered)
            {
                return CheckNumbered(numbered, latest, manifest.Config);
            }

            if (latest == missing)
            {
                throw new StorageException("This manifest is listed, but cannot be read.", store.Describe(Manifest.NumberedKey(latest)));
            }

            missing = latest;
        }
    }

    public async ValueTask<BtreeNode> GetBtreeNodeAsync(IndirectDataReference location, CancellationToken cancellationToken)
    {
        if (_cache.Find(location) is BtreeNode cached)
        {
            return cached;
        }

        ReadOnlyMemory<byte> bytes = await ReadNodeAsync(location, cancellationToken).ConfigureAwait(false);
        try
        {
            BtreeNode node = BtreeNode.Decode(bytes, location.File.BasePath);
            _cache.Add(location, node);
            return node;
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(Describe(location));
        }
    }

    public async ValueTask<VersionTreeNode> GetVersionTreeNodeAsync(IndirectDataReference location, CancellationToken cancellationToken)
    {
        if (_cache.Find(location) is VersionTreeNode cached)
        {
            return cached;
        }

        ReadOnlyMemory<byte> bytes = await ReadNodeAsync(location, cancellationToken).ConfigureAwait(false);
        try
        {
            VersionTreeNode node = VersionTreeNode.Decode(bytes, location.File.BasePath);
            _cache.Add(location, node);
            return node;
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(Describe(location));
        }
    }

    /// <summary>Reads a part of a value that lies in a data file.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadValueAsync(
        IndirectDataReference location, long offset, long length, Memory<byte>? destination, CancellationToken cancellationToken)
    {
        ReadOptions options = new() { Range = ByteRange.FromOffset(location.Offset + offset, length), Destination = destination };
        try
        {
            ReadResult result = await store.ReadAsync(location.File.Path, options, cancellationToken).ConfigureAwait(false);
            return result.HasValue
                ? result.Value
                : throw new CorruptDataException("This data file is missing, but the database refers to it.", store.Describe(location.File.Path));
        }
        catch (ArgumentException exception) when (exception is not ArgumentOutOfRangeException || exception.ParamName != "destination")
        {
            throw new CorruptDataException(
                $"the database refers to {location}, which this store cannot hold: {exception.Message}", store.Describe(Manifest.FileName), innerException: exception);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadNodeAsync(IndirectDataReference location, CancellationToken cancellationToken) =>
        location.Length <= FormatLimits.MaxNodeBytes
            ? await ReadValueAsync(location, 0, location.Length, null, cancellationToken).ConfigureAwait(false)
            : throw new CorruptDataException($"a node of {location.Length} bytes is more than the limit of {FormatLimits.MaxNodeBytes}", store.Describe(location.File.Path));

    private async ValueTask<Manifest?> ReadManifestAsync(Key key, CancellationToken cancellationToken)
    {
        ReadResult file = await store.ReadAsync(key, default, cancellationToken).ConfigureAwait(false);
        if (!file.HasValue)
        {
            return null;
        }

        try
        {
            return Manifest.Decode(file.Value);
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(store.Describe(key));
        }
    }

    /// <summary>Checks that a numbered manifest is the one that its name says, and of this database.</summary>
    private Manifest CheckNumbered(Manifest manifest, ulong generation, Config config)
    {
        if (manifest.IsConfigOnly || manifest.Latest.GenerationNumber != generation || manifest.Config.Uuid != config.Uuid)
        {
            throw new CorruptDataException(
                manifest.IsConfigOnly ? "numbered manifest has no versions"
                : $"numbered manifest ends with generation {manifest.Latest.GenerationNumber} of database {manifest.Config.Uuid}, where generation {generation} of {config.Uuid} was expected",
                store.Describe(Manifest.NumberedKey(generation)));
        }

        return new Manifest(manifest.Config with { ManifestKind = OcdbtManifestKind.Numbered }, manifest.Versions, manifest.VersionTreeNodes);
    }
}
