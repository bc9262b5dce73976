using System.Text.Json;

namespace OcdbtSharp.Checkpoint;

/// <summary>How a checkpoint is written.</summary>
public sealed class CheckpointWriterOptions
{
    /// <summary>What is recorded for the checkpoint, a JSON object; null for nothing.</summary>
    public JsonElement? CustomMetadata { get; init; }

    /// <summary>The processes that save together.</summary>
    public ProcessGroup Processes { get; init; } = ProcessGroup.Single;

    /// <summary>Whether what is there already is replaced; otherwise it is an error.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether the checkpoint is laid out as by Orbax's v1 API.</summary>
    public bool UseV1 { get; init; }

    /// <summary>What makes the checkpoint appear as a whole or not at all.</summary>
    public AtomicityMode Atomicity { get; init; }

    /// <summary>The time. Tests set another.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Whether this is a step of a manager: then the v1 API has no marker file and finishes each item.</summary>
    internal bool IsManaged { get; init; }
}
