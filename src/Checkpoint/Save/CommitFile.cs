using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>The file <c>commit_success.txt</c>, which is written last into everything that is finished.</summary>
internal static class CommitFile
{
    /// <param name="folder">What is finished.</param>
    /// <param name="location">Its path, which the file names.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task WriteAsync(IKvStore folder, string location, CancellationToken cancellationToken) =>
        await folder.WriteAsync(CheckpointLayout.CommitSuccessFile, $"Checkpoint commit was successful to {location}", default, cancellationToken).ConfigureAwait(false);
}
