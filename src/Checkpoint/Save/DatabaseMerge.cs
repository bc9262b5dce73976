using System.Runtime.CompilerServices;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>Puts the databases that the processes wrote together into one, whose values stay in their data files.</summary>
internal static class DatabaseMerge
{
    /// <param name="folder">The folder of the item, which has one folder for each process that wrote something.</param>
    /// <param name="processes">The number of processes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task RunAsync(IKvStore folder, int processes, CancellationToken cancellationToken)
    {
        OcdbtStore merged = await OcdbtStore.OpenAsync(folder, OrbaxDatabase.Create(0), cancellationToken).ConfigureAwait(false);
        List<OcdbtStore> parts = [];
        for (int process = 0; process < processes; process++)
        {
            IKvStore part = folder.Folder(CheckpointLayout.ProcessDatabasePrefix + process);
            if (await part.ExistsAsync(CheckpointLayout.OcdbtManifestFile, cancellationToken).ConfigureAwait(false))
            {
                parts.Add(await OcdbtStore.OpenAsync(part, null, cancellationToken).ConfigureAwait(false));
            }
        }

        if (parts is [OcdbtStore only])
        {
            await merged.CopyRangeAsync(only, cancellationToken: cancellationToken).ConfigureAwait(false);
            return;
        }

        OcdbtTransaction transaction = merged.BeginTransaction();
        await using ConfiguredAsyncDisposable closing = transaction.ConfigureAwait(false);
        foreach (OcdbtStore part in parts)
        {
            await transaction.CopyRangeAsync(part, cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }
}
