using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>
/// Writes a step, or an item on its own, so that it appears in one move:
/// 1. the first process removes what an earlier attempt left, and makes the folder under its temporary name;
/// 2. all processes meet, and each writes what it has of every item;
/// 3. when all have finished, the first process puts the parts of every item together and writes the commit files;
/// 4. it moves the folder to its final name. Where the store has no such move, the folder has its final name from the beginning, and its commit file,
///    which is written last, makes it finished.
/// </summary>
internal sealed class StepWriter(IKvStore store, string name, IReadOnlyList<StepWriter.Item> items, CheckpointWriterOptions options)
{
    private const string RendezvousSuffix = ".rendezvous";

    private readonly bool _usesCommitFile = options.Atomicity == AtomicityMode.CommitFile
        || (options.Atomicity == AtomicityMode.Auto && !store.Capabilities.HasFlag(KvStoreCapabilities.RenamePrefix));

    /// <summary>An item with its name; null where it is saved on its own.</summary>
    public readonly record struct Item(string? Name, ItemToSave Value);

    private ProcessGroup Processes => options.Processes;

    // Where it is written, seen from the store.
    private string WorkName => _usesCommitFile ? name : name + CheckpointLayout.TemporarySuffix;

    private IKvStore Work => store.Folder(WorkName);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!store.Capabilities.HasFlag(KvStoreCapabilities.Write | KvStoreCapabilities.List))
        {
            throw new ArgumentException("A checkpoint cannot be saved here: the store does not write, or does not list.");
        }

        if (!_usesCommitFile && !store.Capabilities.HasFlag(KvStoreCapabilities.RenamePrefix))
        {
            throw new ArgumentException($"The store cannot rename a folder in one step: save with {nameof(AtomicityMode)}.{nameof(AtomicityMode.CommitFile)}.");
        }

        Rendezvous meeting = new(store.Folder(name + CheckpointLayout.TemporarySuffix + RendezvousSuffix), store.Describe(name), Processes, options.TimeProvider);
        if (Processes.IsPrimary)
        {
            await RunPrimaryAsync(meeting, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await RunSecondaryAsync(meeting, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunPrimaryAsync(Rendezvous meeting, CancellationToken cancellationToken)
    {
        long begun = Nanoseconds();
        await MakeRoomAsync(cancellationToken).ConfigureAwait(false);
        await WriteMetadataAsync(begun, null, cancellationToken).ConfigureAwait(false);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task hosting = meeting.HostAsync(begun, stop.Token);
        try
        {
            await WriteItemsAsync(cancellationToken).ConfigureAwait(false);
            await hosting.ConfigureAwait(false);
            foreach (Item item in items)
            {
                await FinishAsync(item, cancellationToken).ConfigureAwait(false);
            }

            await CommitAsync(begun, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await GiveUpAsync(meeting, error).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await hosting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await meeting.CloseAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RunSecondaryAsync(Rendezvous meeting, CancellationToken cancellationToken)
    {
        long begun = await meeting.JoinAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await WriteItemsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Also where it was given up: the others need not wait until their time is over.
            await meeting.ReportFailureAsync(error.Message, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        await meeting.ReportDoneAsync(cancellationToken).ConfigureAwait(false);
        await meeting.WaitAsync(token => IsCommittedAsync(begun, token), cancellationToken).ConfigureAwait(false);
    }

    private async Task MakeRoomAsync(CancellationToken cancellationToken)
    {
        IKvStore final = store.Folder(name);
        if (!_usesCommitFile || await StepDirectory.IsCommittedAsync(final, cancellationToken).ConfigureAwait(false))
        {
            await foreach (ListEntry entry in final.ListAsync(KeyRange.All, cancellationToken).ConfigureAwait(false))
            {
                if (!options.Overwrite)
                {
                    throw new StorageException("There is a checkpoint already.", store.Describe(name));
                }

                break;
            }
        }

        await Work.DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        if (options.Overwrite && _usesCommitFile)
        {
            await final.DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WriteItemsAsync(CancellationToken cancellationToken)
    {
        foreach (Item item in items)
        {
            await item.Value.WriteAsync(Context(item), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FinishAsync(Item item, CancellationToken cancellationToken)
    {
        ItemSaveContext context = Context(item);
        await item.Value.FinishAsync(context, cancellationToken).ConfigureAwait(false);
        if (item.Name is not null && (!options.UseV1 || options.IsManaged))
        {
            await CommitFile.WriteAsync(context.Folder, context.Location, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CommitAsync(long begun, CancellationToken cancellationToken)
    {
        if (options.UseV1 && !options.IsManaged)
        {
            await Work.WriteAsync(CheckpointLayout.V1MarkerFile, ReadOnlyMemory<byte>.Empty, default, cancellationToken).ConfigureAwait(false);
        }

        await WriteMetadataAsync(begun, Nanoseconds(), cancellationToken).ConfigureAwait(false);
        await CommitFile.WriteAsync(Work, store.Describe(name), cancellationToken).ConfigureAwait(false);
        if (_usesCommitFile)
        {
            return;
        }

        if (options.Overwrite)
        {
            await store.Folder(name).DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        }

        await store.RenamePrefixAsync(WorkName + "/", name + "/", cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> IsCommittedAsync(long begun, CancellationToken cancellationToken)
    {
        IKvStore final = store.Folder(name);
        if (await final.ReadFileAsync(CheckpointLayout.StepMetadataFile, cancellationToken).ConfigureAwait(false) is not { Length: > 0 } utf8)
        {
            return false;
        }

        StepMetadata metadata = StepMetadata.Decode(utf8, final.Describe(CheckpointLayout.StepMetadataFile));
        return metadata.InitTimestamp == begun && (!_usesCommitFile || await StepDirectory.IsCommittedAsync(final, cancellationToken).ConfigureAwait(false));
    }

    private async Task GiveUpAsync(Rendezvous meeting, Exception error)
    {
        try
        {
            await meeting.ReportFailureAsync(error.Message, CancellationToken.None).ConfigureAwait(false);
            await Work.DeleteRangeAsync(KeyRange.All, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception again) when (again is StorageException or IOException or UnauthorizedAccessException)
        {
            // The first error is the one to tell; what is left behind is recognised as unfinished.
        }
    }

    private async Task WriteMetadataAsync(long begun, long? committed, CancellationToken cancellationToken)
    {
        // Orbax sorts the items of a step by their names; the v1 API, without a manager, takes them as they come.
        IEnumerable<Item> ordered = options is { UseV1: true, IsManaged: false } ? items : items.OrderBy(item => item.Name, StringComparer.Ordinal);
        (string?, string?)[] handlers = committed is null ? [(null, null)] : [.. ordered.Select(item => (item.Name, item.Value.HandlerName(options.UseV1)))];
        byte[] metadata = StepMetadata.Encode(handlers, options.CustomMetadata, begun, committed);
        await Work.WriteAsync(CheckpointLayout.StepMetadataFile, metadata, default, cancellationToken).ConfigureAwait(false);
    }

    private ItemSaveContext Context(Item item)
    {
        IKvStore folder = item.Name is null ? Work : Work.Folder(item.Name);
        string location = store.Describe(WorkName) + (item.Name is null ? "" : "/" + item.Name);
        return new ItemSaveContext(folder, location, Processes, options.UseV1);
    }

    private long Nanoseconds() => (options.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
}
