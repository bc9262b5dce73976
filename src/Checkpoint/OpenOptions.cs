namespace OcdbtSharp.Checkpoint;

/// <summary>How a checkpoint is looked at.</summary>
public sealed class OpenOptions
{
    /// <summary>How the folders of steps are named. Default: every name that ends in a number.</summary>
    public StepNameFormat StepNameFormat { get; init; } = StepNameFormat.Any;

    /// <summary>
    /// Whether a step is finished only where it has the file <c>commit_success.txt</c>. Null: only on stores that cannot rename a folder in one step,
    /// where steps are written under their final names.
    /// </summary>
    public bool? RequireCommitFile { get; init; }
}
