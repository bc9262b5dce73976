namespace OcdbtSharp.Checkpoint;

/// <summary>How two leaves compare.</summary>
public enum LeafDifferenceState
{
    /// <summary>They are equal, bit for bit.</summary>
    Equal,

    /// <summary>Their elements differ by no more than is allowed.</summary>
    Close,

    /// <summary>Their elements differ.</summary>
    Different,

    /// <summary>They are of different kinds, types or shapes.</summary>
    Unlike,

    /// <summary>Only the first item has it.</summary>
    OnlyInFirst,

    /// <summary>Only the second item has it.</summary>
    OnlyInSecond,
}
