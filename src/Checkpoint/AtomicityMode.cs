namespace OcdbtSharp.Checkpoint;

/// <summary>What makes a checkpoint appear as a whole or not at all: the modes of Orbax's <c>AtomicityOptions</c>.</summary>
public enum AtomicityMode
{
    /// <summary><see cref="AtomicRename"/> on stores that can rename a folder in one step, as file systems can; <see cref="CommitFile"/> on others.</summary>
    Auto,

    /// <summary>
    /// It is written under its final name, and is finished when it has the file <c>commit_success.txt</c>, which is written last. Folders without that file
    /// are no checkpoints.
    /// </summary>
    CommitFile,

    /// <summary>It is written under a temporary name, and renamed when it is finished. Not on stores that cannot rename a folder.</summary>
    AtomicRename,
}
