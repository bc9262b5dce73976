namespace OcdbtSharp.Checkpoint;

/// <summary>Which values of a metric are the best.</summary>
public enum BestMode
{
    /// <summary>The greatest.</summary>
    Max,

    /// <summary>The least.</summary>
    Min,
}
