using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>The steps below the root of a manager: which there are, and which are finished.</summary>
internal static class StepDirectory
{
    /// <summary>Whether a folder is still being written, or was left behind so.</summary>
    public static bool IsTemporary(string name) => name.Contains(CheckpointLayout.TemporarySuffix, StringComparison.Ordinal);

    /// <summary>Sorts the folders of a root into finished steps, by number, and unfinished ones.</summary>
    /// <param name="store">The root.</param>
    /// <param name="folders">Its folders.</param>
    /// <param name="format">How steps are named.</param>
    /// <param name="needsCommitFile">
    /// Whether only a folder with <c>commit_success.txt</c> is finished: so on stores that cannot rename a folder in one step.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<(List<StepInfo> Finished, List<string> Unfinished)> FindAsync(
        IKvStore store, IEnumerable<string> folders, StepNameFormat format, bool needsCommitFile, CancellationToken cancellationToken)
    {
        List<StepInfo> finished = [];
        List<string> unfinished = [];
        foreach (string folder in folders)
        {
            if (IsTemporary(folder))
            {
                unfinished.Add(folder);
            }
            else if (format.TryParse(folder, out long step))
            {
                if (!needsCommitFile || await IsCommittedAsync(store.Folder(folder), cancellationToken).ConfigureAwait(false))
                {
                    finished.Add(new StepInfo(step, folder));
                }
                else
                {
                    unfinished.Add(folder);
                }
            }
        }

        Sort(finished);
        return (finished, unfinished);
    }

    /// <summary>The folder that has the name of the latest step, whether it is finished or not; null where none has the name of a step.</summary>
    public static string? Latest(IEnumerable<string> folders, StepNameFormat format)
    {
        List<StepInfo> steps = [];
        foreach (string folder in folders)
        {
            if (!IsTemporary(folder) && format.TryParse(folder, out long step))
            {
                steps.Add(new StepInfo(step, folder));
            }
        }

        Sort(steps);
        return steps.Count == 0 ? null : steps[^1].Name;
    }

    /// <summary>Sorts by number; of steps with the same number, the name that is greatest comes last and so is the latest.</summary>
    public static void Sort(List<StepInfo> steps) =>
        steps.Sort((left, right) => left.Step != right.Step ? left.Step.CompareTo(right.Step) : string.CompareOrdinal(left.Name, right.Name));

    /// <summary>Whether a folder says that it was written to the end.</summary>
    public static ValueTask<bool> IsCommittedAsync(IKvStore folder, CancellationToken cancellationToken) =>
        folder.ExistsAsync(CheckpointLayout.CommitSuccessFile, cancellationToken);
}
