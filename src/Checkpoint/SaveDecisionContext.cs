namespace OcdbtSharp.Checkpoint;

/// <summary>What a <see cref="SaveDecisionPolicy"/> is told beside the steps.</summary>
/// <param name="IsSavingInProgress">Whether an earlier step is still being written.</param>
/// <param name="ReachedPreemption">Whether the program was told that it will be stopped.</param>
public readonly record struct SaveDecisionContext(bool IsSavingInProgress, bool ReachedPreemption);
