namespace OcdbtSharp.Ocdbt.Format;

/// <summary>A decoded node that a cache can hold.</summary>
internal interface IDecodedNode
{
    /// <summary>About how many bytes of memory the node takes.</summary>
    long MemoryBytes { get; }
}
