using System.Globalization;
using System.Text.Json;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>The folders below the root of a manager.</summary>
internal sealed class StepRoot(IKvStore store, CheckpointManagerOptions options)
{
    // A step that is deleted is first moved to such a name: what remains of it after a crash is no step.
    private const string DeletedSuffix = CheckpointLayout.TemporarySuffix + ".deleted";

    // Some stores have no rename: there, and where the options say so, the last file makes a folder a step.
    private readonly bool _needsCommitFile = !options.AllowLegacyAtomicRename
        && (options.Atomicity == AtomicityMode.CommitFile
            || (options.Atomicity == AtomicityMode.Auto && !store.Capabilities.HasFlag(KvStoreCapabilities.RenamePrefix)));

    private bool CanRename => store.Capabilities.HasFlag(KvStoreCapabilities.RenamePrefix);

    /// <summary>What is known of the finished steps, by their numbers.</summary>
    public async Task<List<CheckpointInfo>> LoadAsync(CancellationToken cancellationToken)
    {
        List<CheckpointInfo> checkpoints = [];
        foreach (StepInfo step in (await ListAsync(cancellationToken).ConfigureAwait(false)).Finished)
        {
            checkpoints.Add(await LoadAsync(step, cancellationToken).ConfigureAwait(false));
        }

        return checkpoints;
    }

    /// <summary>A finished step; null where there is none of that number.</summary>
    public async Task<StepInfo?> FindAsync(long step, CancellationToken cancellationToken)
    {
        (List<StepInfo> finished, _) = await ListAsync(cancellationToken).ConfigureAwait(false);
        return options.StepNameFormat.Choose(step, finished);
    }

    /// <summary>Deletes steps, or moves them to where deleted ones are kept.</summary>
    public async Task DeleteAsync(IReadOnlyCollection<long> steps, CancellationToken cancellationToken)
    {
        (List<StepInfo> finished, _) = await ListAsync(cancellationToken).ConfigureAwait(false);
        foreach (long number in steps)
        {
            if (options.StepNameFormat.Choose(number, finished) is { } step)
            {
                await DeleteAsync(step, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Removes the folders of unfinished steps.</summary>
    public async Task<IReadOnlyList<string>> CleanupAsync(CancellationToken cancellationToken)
    {
        (_, List<string> unfinished) = await ListAsync(cancellationToken).ConfigureAwait(false);
        foreach (string folder in unfinished)
        {
            await store.Folder(folder).DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        }

        return unfinished;
    }

    /// <summary>What is recorded for the root; where nothing is, <paramref name="given"/>, which is recorded then.</summary>
    public async Task<JsonElement?> ReadOrWriteMetadataAsync(JsonElement? given, CancellationToken cancellationToken)
    {
        (JsonElement? recorded, CorruptDataException? fault) = await OrbaxCheckpoint.ReadRootMetadataAsync(store, cancellationToken).ConfigureAwait(false);
        if (recorded is null && fault is null && given is { } metadata && options is { ReadOnly: false, SaveRootMetadata: true, Processes.IsPrimary: true })
        {
            byte[] file = Format.RootMetadata.Encode(metadata);
            await store.WriteAsync(CheckpointLayout.RootMetadataFolder + CheckpointLayout.RootMetadataFile, file, default, cancellationToken).ConfigureAwait(false);
        }

        return recorded ?? (options.ReadOnly || options.SaveRootMetadata ? given : null);
    }

    private async Task<(List<StepInfo> Finished, List<string> Unfinished)> ListAsync(CancellationToken cancellationToken)
    {
        FolderListing listing = await FolderListing.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        return await StepDirectory.FindAsync(store, listing.Folders, options.StepNameFormat, _needsCommitFile, cancellationToken).ConfigureAwait(false);
    }

    private async Task<CheckpointInfo> LoadAsync(StepInfo step, CancellationToken cancellationToken)
    {
        IKvStore folder = store.Folder(step.Name);
        long? committed = (await StepMetadata.ReadAsync(folder, cancellationToken).ConfigureAwait(false)).Metadata?.CommitTimestamp;
        Key metrics = CheckpointLayout.MetricsName + "/" + CheckpointLayout.MetricsName;
        DateTimeOffset time = committed is { } nanoseconds
            ? DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100)
            : await LastChangeAsync(folder, cancellationToken).ConfigureAwait(false);
        JsonElement? measured = await folder.ReadFileAsync(metrics, cancellationToken).ConfigureAwait(false) is { } json
            ? Format.PythonJson.Parse(json, folder.Describe(metrics))
            : null;
        return new CheckpointInfo(step.Step, time, measured is { ValueKind: JsonValueKind.Null } ? null : measured);
    }

    // Releases before 0.5 recorded no time.
    private static async Task<DateTimeOffset> LastChangeAsync(IKvStore folder, CancellationToken cancellationToken)
    {
        DateTimeOffset last = DateTimeOffset.UnixEpoch;
        await foreach (ListEntry entry in folder.ListAsync(KeyRange.All, cancellationToken).ConfigureAwait(false))
        {
            last = entry.Modified > last ? entry.Modified.Value : last;
        }

        return last;
    }

    private async Task DeleteAsync(StepInfo step, CancellationToken cancellationToken)
    {
        if (options.ToDeleteFullPath is { } path)
        {
            string time = options.TimeProvider.GetUtcNow().ToString("yyyyMMdd-HHmmss-ffffff", CultureInfo.InvariantCulture);
            await MoveAsync(step.Name, store is PrefixKvStore folder ? folder.Store : store, $"{path.TrimEnd('/')}/{step.Name}-{time}", cancellationToken).ConfigureAwait(false);
        }
        else if (!CanRename)
        {
            await EraseAsync(step.Name, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            string target = options.ToDeleteFolder is { } kept ? $"{kept}/{options.StepNameFormat.BuildName(step.Step)}" : step.Name + DeletedSuffix;
            await store.Folder(target).DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
            await store.RenamePrefixAsync(step.Name + "/", target + "/", cancellationToken).ConfigureAwait(false);
            if (options.ToDeleteFolder is null)
            {
                await store.Folder(target).DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task EraseAsync(string name, CancellationToken cancellationToken)
    {
        // Without its commit file it is no step any more.
        await store.Folder(name).DeleteAsync(CheckpointLayout.CommitSuccessFile, default, cancellationToken).ConfigureAwait(false);
        await store.Folder(name).DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
    }

    // To another place of the bucket, which is moved in one step where the store can, and copied where not.
    private async Task MoveAsync(string name, IKvStore bucket, string target, CancellationToken cancellationToken)
    {
        if (CanRename)
        {
            Key source = store is PrefixKvStore folder ? folder.Prefix.Append(name + "/") : name + "/";
            await bucket.RenamePrefixAsync(source, target + "/", cancellationToken).ConfigureAwait(false);
            return;
        }

        IKvStore from = store.Folder(name);
        IKvStore to = bucket.Folder(target);
        await foreach (ListEntry entry in from.ListAsync(KeyRange.All, cancellationToken).ConfigureAwait(false))
        {
            await from.CopyToAsync(entry.Key, to, entry.Key, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        await EraseAsync(name, cancellationToken).ConfigureAwait(false);
    }
}
