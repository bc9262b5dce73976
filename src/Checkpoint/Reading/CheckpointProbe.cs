using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Finds out from its files what a folder is.</summary>
internal static class CheckpointProbe
{
    // Enough to recognise a folder of arrays, even where some folders are not arrays.
    private const int FoldersToLookInto = 8;

    /// <summary>What a folder is.</summary>
    /// <param name="store">The folder.</param>
    /// <param name="listing">Its files and folders.</param>
    /// <param name="metadata">Its step metadata; null where there is none.</param>
    /// <param name="format">How steps are named.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">There is nothing.</exception>
    /// <exception cref="UnsupportedFormatException">It is nothing that is known.</exception>
    public static async ValueTask<CheckpointKind> DetectAsync(
        IKvStore store, FolderListing listing, StepMetadata? metadata, StepNameFormat format, CancellationToken cancellationToken)
    {
        if (listing.IsEmpty)
        {
            throw new StorageException("There is nothing here.", store.Describe(Key.Empty));
        }

        CheckpointKind? kind = ByMarkerFiles(listing, metadata);
        kind ??= listing.Has(CheckpointLayout.Zarr3File) ? await Zarr3KindAsync(store, cancellationToken).ConfigureAwait(false) : null;
        kind ??= await IsItemWithoutMetadataAsync(store, listing, format, cancellationToken).ConfigureAwait(false) ? CheckpointKind.Item : null;
        kind ??= metadata is not null ? CheckpointKind.Step : null;
        kind ??= await IsRootAsync(store, listing, format, cancellationToken).ConfigureAwait(false) ? CheckpointKind.Root : null;
        kind ??= MsgpackFile(listing) is not null ? CheckpointKind.Msgpack : null;
        kind ??= await HasItemAsync(store, listing, format, cancellationToken).ConfigureAwait(false) ? CheckpointKind.Step : null;
        return kind ?? throw new UnsupportedFormatException(
            "This is no checkpoint: none of the files of an Orbax step or item, an OCDBT database, a zarr array or a msgpack checkpoint is here.",
            store.Describe(Key.Empty));
    }

    /// <summary>What kind of item a folder is.</summary>
    /// <param name="listing">Its files and folders.</param>
    /// <param name="handler">The class of Orbax that saved it; null where that was not recorded.</param>
    public static ItemKind ItemKind(FolderListing listing, string? handler)
    {
        bool isTree = listing.Has(CheckpointLayout.TreeMetadataFile)
            || listing.Has(CheckpointLayout.AggregateFile)
            || listing.Has(CheckpointLayout.OcdbtManifestFile);
        string className = handler is null ? "" : handler[(handler.LastIndexOf('.') + 1)..];
        return className switch
        {
            "ArrayCheckpointHandler" => Checkpoint.ItemKind.Array,
            _ when isTree => Checkpoint.ItemKind.PyTree,
            _ when RandomKeyFolder(listing) is { } folder =>
                folder == CheckpointLayout.NumpyRandomKeyName || className == "NumpyRandomKeyCheckpointHandler"
                    ? Checkpoint.ItemKind.NumpyRandomKey
                    : Checkpoint.ItemKind.JaxRandomKey,
            _ when listing.Has(CheckpointLayout.MetricsName) => Checkpoint.ItemKind.Metrics,
            _ when JsonFile(listing, className) is not null => Checkpoint.ItemKind.Json,
            _ when listing.Folders.Count > 0 => Checkpoint.ItemKind.PyTree,
            _ => Checkpoint.ItemKind.Other,
        };
    }

    /// <summary>The file of a JSON item; null where none looks like one.</summary>
    public static string? JsonFile(FolderListing listing, string? className)
    {
        string[] candidates = [CheckpointLayout.V1JsonFile, CheckpointLayout.JsonFile, CheckpointLayout.MetricsName];
        string? named = candidates.FirstOrDefault(listing.Has);
        if (named is not null || className?.Contains("Json", StringComparison.Ordinal) != true)
        {
            return named;
        }

        // A handler may have been told another name: then it is the only file that is not Orbax's own.
        string[] others = [.. listing.Files.Where(file => file is not (CheckpointLayout.CommitSuccessFile or CheckpointLayout.StepMetadataFile))];
        return others.Length == 1 ? others[0] : null;
    }

    /// <summary>The folder that holds the key in a random-key item; null where there is none.</summary>
    public static string? RandomKeyFolder(FolderListing listing)
    {
        string? metadata = listing.Folders.FirstOrDefault(folder => folder.EndsWith(CheckpointLayout.RandomKeyMetadataSuffix, StringComparison.Ordinal)
            && listing.Folders.Contains(folder[..^CheckpointLayout.RandomKeyMetadataSuffix.Length]));
        return metadata?[..^CheckpointLayout.RandomKeyMetadataSuffix.Length];
    }

    /// <summary>The only MessagePack file of a folder; null where there is none, or more than one.</summary>
    public static string? MsgpackFile(FolderListing listing)
    {
        string[] files = [.. listing.Files.Where(file => file.EndsWith(CheckpointLayout.MsgpackExtension, StringComparison.Ordinal))];
        return files.Length == 1 ? files[0] : null;
    }

    /// <summary>The steps that Flax wrote as files into a folder.</summary>
    public static List<StepInfo> FlaxSteps(FolderListing listing)
    {
        List<StepInfo> steps = [];
        StepNameFormat format = StepNameFormat.Standard(CheckpointLayout.FlaxStepPrefix);
        foreach (string file in listing.Files)
        {
            if (format.TryParse(file, out long step))
            {
                steps.Add(new StepInfo(step, file));
            }
        }

        StepDirectory.Sort(steps);
        return steps;
    }

    private static CheckpointKind? ByMarkerFiles(FolderListing listing, StepMetadata? metadata) => listing switch
    {
        _ when listing.Has(CheckpointLayout.TreeMetadataFile) || listing.Has(CheckpointLayout.AggregateFile) => CheckpointKind.Item,
        _ when listing.Has(CheckpointLayout.OcdbtManifestFile) => CheckpointKind.Ocdbt,
        _ when listing.Has(CheckpointLayout.Zarr2ArrayFile) => CheckpointKind.Array,
        _ when listing.Has(CheckpointLayout.Zarr2GroupFile) => CheckpointKind.Group,
        _ when metadata?.ItemHandler is not null => CheckpointKind.Item,
        _ when listing.Has(CheckpointLayout.V1MarkerFile) || metadata?.ItemHandlers.Count > 0 => CheckpointKind.Step,
        _ => null,
    };

    private static async ValueTask<CheckpointKind> Zarr3KindAsync(IKvStore store, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> utf8 = await store.ReadRequiredAsync(CheckpointLayout.Zarr3File, "it was there a moment ago", cancellationToken).ConfigureAwait(false);
        string location = store.Describe(CheckpointLayout.Zarr3File);
        JsonElement json = PythonJson.ParseObject(utf8, location);
        return json.TryGetProperty("node_type", out JsonElement type) && type.ValueKind == JsonValueKind.String
            ? type.ValueEquals("group") ? CheckpointKind.Group : CheckpointKind.Array
            : throw new CorruptDataException("There is no node_type.", location);
    }

    private static async ValueTask<bool> IsItemWithoutMetadataAsync(
        IKvStore store, FolderListing listing, StepNameFormat format, CancellationToken cancellationToken)
    {
        if (JsonFile(listing, null) is not null || await IsRandomKeyAsync(store, listing, cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        // Where folders are named as steps are, the latest is looked into: it is the one that is asked for next.
        string? latest = StepDirectory.Latest(listing.Folders, format);
        foreach (string folder in latest is null ? listing.Folders.Take(FoldersToLookInto) : [latest])
        {
            if (await IsArrayAsync(store.Folder(folder), cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a folder is a random key, and not a step with an item and another that is named after it and holds what describes it.</summary>
    private static async ValueTask<bool> IsRandomKeyAsync(IKvStore store, FolderListing listing, CancellationToken cancellationToken)
    {
        if (RandomKeyFolder(listing) is not { } folder)
        {
            return false;
        }

        Key file = folder + CheckpointLayout.RandomKeyMetadataSuffix + "/" + CheckpointLayout.JsonFile;
        return await store.ReadFileAsync(file, cancellationToken).ConfigureAwait(false) is { } utf8
            && PythonJson.Parse(utf8, store.Describe(file)) is { ValueKind: JsonValueKind.Object } json
            && (json.TryGetProperty(CheckpointLayout.JaxRandomKeyMember, out _) || json.TryGetProperty(CheckpointLayout.NumpyRandomKeyMember, out _));
    }

    private static async ValueTask<bool> IsArrayAsync(IKvStore folder, CancellationToken cancellationToken) =>
        await folder.ExistsAsync(CheckpointLayout.Zarr2ArrayFile, cancellationToken).ConfigureAwait(false)
        || await folder.ExistsAsync(CheckpointLayout.Zarr3File, cancellationToken).ConfigureAwait(false);

    private static async ValueTask<bool> IsRootAsync(IKvStore store, FolderListing listing, StepNameFormat format, CancellationToken cancellationToken)
    {
        foreach (string folder in listing.Folders)
        {
            int suffix = folder.IndexOf(CheckpointLayout.TemporarySuffix, StringComparison.Ordinal);
            if (format.TryParse(suffix < 0 ? folder : folder[..suffix], out _))
            {
                return true;
            }
        }

        return FlaxSteps(listing).Count > 0
            || await store.ExistsAsync(CheckpointLayout.RootMetadataFolder + CheckpointLayout.RootMetadataFile, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<bool> HasItemAsync(IKvStore store, FolderListing listing, StepNameFormat format, CancellationToken cancellationToken)
    {
        foreach (string folder in listing.Folders.Where(folder => !StepDirectory.IsTemporary(folder)).Take(FoldersToLookInto))
        {
            IKvStore child = store.Folder(folder);
            FolderListing inner = await FolderListing.ReadAsync(child, cancellationToken).ConfigureAwait(false);
            if (ByMarkerFiles(inner, null) is CheckpointKind.Item or CheckpointKind.Ocdbt
                || await IsItemWithoutMetadataAsync(child, inner, format, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }

        return false;
    }
}
