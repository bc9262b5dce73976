using System.Text.Json;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>The folders below the root of a manager.</summary>
internal sealed class StepRoot(IKvStore store, CheckpointManagerOptions options)
{
    // A step that is deleted is first moved to such a name: what remains of it after a crash is no step.
    private const string DeletedSuffix = CheckpointLayout.TemporarySuffix + ".deleted";

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
        return finished.FindLast(candidate => candidate.Step == step);
    }

    /// <summary>Deletes steps, or moves them to where deleted ones are kept.</summary>
    public async Task DeleteAsync(IReadOnlyCollection<long> steps, CancellationToken cancellationToken)
    {
        (List<StepInfo> finished, _) = await ListAsync(cancellationToken).ConfigureAwait(false);
        foreach (StepInfo step in finished.Where(step => steps.Contains(step.Step)))
        {
            await DeleteAsync(step, cancellationToken).ConfigureAwait(false);
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

        return recorded ?? given;
    }

    private async Task<(List<StepInfo> Finished, List<string> Unfinished)> ListAsync(CancellationToken cancellationToken)
    {
        FolderListing listing = await FolderListing.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        return await StepDirectory.FindAsync(store, listing.Folders, options.StepNameFormat, !CanRename, cancellationToken).ConfigureAwait(false);
    }

    private async Task<CheckpointInfo> LoadAsync(StepInfo step, CancellationToken cancellationToken)
    {
        IKvStore folder = store.Folder(step.Name);
        long? committed = (await StepMetadata.ReadAsync(folder, cancellationToken).ConfigureAwait(false)).Metadata?.CommitTimestamp;
        Key metrics = CheckpointLayout.MetricsName + "/" + CheckpointLayout.MetricsName;
        JsonElement? measured = await folder.ReadFileAsync(metrics, cancellationToken).ConfigureAwait(false) is { } json
            ? Format.PythonJson.Parse(json, folder.Describe(metrics))
            : null;
        return new CheckpointInfo(step.Step, DateTimeOffset.UnixEpoch.AddTicks((committed ?? 0) / 100), measured);
    }

    private async Task DeleteAsync(StepInfo step, CancellationToken cancellationToken)
    {
        if (!CanRename)
        {
            // Without its commit file it is no step any more.
            await store.Folder(step.Name).DeleteAsync(CheckpointLayout.CommitSuccessFile, default, cancellationToken).ConfigureAwait(false);
            await store.Folder(step.Name).DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
            return;
        }

        string target = options.ToDeleteFolder is { } kept ? kept + "/" + step.Name : step.Name + DeletedSuffix;
        await store.Folder(target).DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        await store.RenamePrefixAsync(step.Name + "/", target + "/", cancellationToken).ConfigureAwait(false);
        if (options.ToDeleteFolder is null)
        {
            await store.Folder(target).DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        }
    }
}
