using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>A single write or delete that waits for its commit.</summary>
internal sealed class WriteRequest(Mutation mutation, StorageGeneration ifEqual, DataFileSet? files)
{
    private readonly TaskCompletionSource<StorageGeneration> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Mutation Mutation => mutation;

    /// <summary>The generation that the key must have.</summary>
    public StorageGeneration IfEqual => ifEqual;

    /// <summary>Where the value lies already; null where it is inline.</summary>
    public DataFileSet? Files => files;

    /// <summary>The new generation; unknown where the condition did not hold.</summary>
    public StorageGeneration Outcome { get; set; }

    public Task<StorageGeneration> Done => _done.Task;

    public void Complete() => _done.SetResult(Outcome);

    public void Fail(Exception exception) => _done.SetException(exception);
}

/// <summary>
/// Commits single writes. One commit runs at a time; what is asked for meanwhile goes into the next together, so that many writes at once make few
/// versions. Requests take effect in the order in which they came.
/// </summary>
internal sealed class CommitQueue(IoHandle io, Config config)
{
    private readonly Lock _lock = new();
    private List<WriteRequest> _pending = [];
    private bool _running;

    /// <summary>Takes in a request, which is committed soon.</summary>
    public Task<StorageGeneration> AddAsync(WriteRequest request)
    {
        lock (_lock)
        {
            _pending.Add(request);
            if (!_running)
            {
                _running = true;
                _ = Task.Run(RunAsync);
            }
        }

        return request.Done;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            List<WriteRequest> batch;
            lock (_lock)
            {
                if (_pending.Count == 0)
                {
                    _running = false;
                    return;
                }

                batch = _pending;
                _pending = [];
            }

            await CommitAsync(batch).ConfigureAwait(false);
        }
    }

    private async ValueTask CommitAsync(List<WriteRequest> batch)
    {
        using DataFileSet files = new();
        try
        {
            foreach (WriteRequest request in batch)
            {
                request.Files?.MoveTo(files);
            }

            await CommitOperation.RunAsync(
                io,
                config,
                files,
                async (writer, latest, cancellationToken) =>
                {
                    StagedMutations staged = await StageAsync(batch, latest, cancellationToken).ConfigureAwait(false);
                    return await UpdateOperation.RunAsync(writer, latest, staged.ToSorted(), cancellationToken).ConfigureAwait(false);
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            foreach (WriteRequest request in batch)
            {
                request.Fail(exception);
            }

            return;
        }

        foreach (WriteRequest request in batch)
        {
            request.Complete();
        }
    }

    /// <summary>What the requests come to on top of a version; sets the outcome of each.</summary>
    private async ValueTask<StagedMutations> StageAsync(List<WriteRequest> batch, BtreeGenerationReference? latest, CancellationToken cancellationToken)
    {
        StagedMutations staged = new();
        foreach (WriteRequest request in batch)
        {
            Mutation mutation = request.Mutation;
            if (!request.IfEqual.IsUnknown)
            {
                LeafValue? current = staged.TryGet(mutation.Min, out LeafValue? value) ? value
                    : latest is { } version ? await ReadOperation.FindAsync(io, version, mutation.Min, cancellationToken).ConfigureAwait(false)
                    : null;
                if (LeafGeneration.Of(current) != request.IfEqual)
                {
                    request.Outcome = StorageGeneration.Unknown;
                    continue;
                }
            }

            switch (mutation.Kind)
            {
                case MutationKind.Put:
                    staged.Put(mutation.Min, mutation.Value);
                    request.Outcome = LeafGeneration.Of(mutation.Value);
                    break;
                case MutationKind.Delete:
                    staged.Delete(mutation.Min);
                    request.Outcome = StorageGeneration.NoValue;
                    break;
                default:
                    staged.DeleteRange(new KeyRange(mutation.Min, mutation.Max));
                    request.Outcome = StorageGeneration.NoValue;
                    break;
            }
        }

        return staged;
    }
}
