using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Deletes data files that no version refers to.</summary>
internal static class CollectGarbageOperation
{
    public static async ValueTask<OcdbtGarbage> RunAsync(
        IKvStore store, TimeSpan minAge, bool dryRun, IProgress<OcdbtProgress>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset latest = minAge == TimeSpan.Zero ? DateTimeOffset.MaxValue : DateTimeOffset.UtcNow - minAge;
        VerifyOperation check = new(store, progress);
        OcdbtVerification found = await check.RunAsync(cancellationToken).ConfigureAwait(false);
        if (found.Orphans is not { } orphans)
        {
            throw found.Faults is [var fault, ..]
                ? new CorruptDataException(
                    $"{fault.Problem}. Nothing is deleted while it is not sure what is in use", store.Describe(fault.File), fault.Offset)
                : new StorageException("This store does not list its keys, so there is nothing to find.", store.Describe(Key.Empty));
        }

        List<ListEntry> deleted = [];
        List<ListEntry> kept = [];
        bool isOld = minAge == TimeSpan.Zero || check.Files.MarkedAt is not { } marked || marked <= latest;
        foreach (ListEntry orphan in orphans)
        {
            if (minAge > TimeSpan.Zero && orphan.Modified is null)
            {
                throw new StorageException("This store does not tell when this was written: ask for no age.", store.Describe(orphan.Key));
            }

            if (!isOld || orphan.Modified > latest)
            {
                kept.Add(orphan);
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (!dryRun)
            {
                await store.DeleteAsync(orphan.Key, default, cancellationToken).ConfigureAwait(false);
            }

            deleted.Add(orphan);
        }

        CollectUnfinished(store, check.Files.Prefixes, latest, dryRun, deleted, kept);
        return new OcdbtGarbage(deleted, kept);
    }

    /// <summary>Deletes the data files that writers did not finish, which were never in use.</summary>
    private static void CollectUnfinished(
        IKvStore store, IReadOnlyCollection<Key> prefixes, DateTimeOffset latest, bool dryRun, List<ListEntry> deleted, List<ListEntry> kept)
    {
        if (store is not ILocatedKvStore folder)
        {
            return;
        }

        foreach (Key prefix in prefixes)
        {
            foreach ((Key path, FileInfo file) in folder.ListUnfinished(prefix))
            {
                if (StoredDataFiles.PrefixOf(path) != prefix)
                {
                    continue;
                }

                ListEntry entry = new(path, file.Length, file.LastWriteTimeUtc);
                if (entry.Modified > latest)
                {
                    kept.Add(entry);
                    continue;
                }

                if (!dryRun)
                {
                    file.Delete();
                }

                deleted.Add(entry);
            }
        }
    }
}
