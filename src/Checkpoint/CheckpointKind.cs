namespace OcdbtSharp.Checkpoint;

/// <summary>What a path holds.</summary>
public enum CheckpointKind
{
    /// <summary>The root of a manager: one folder a step.</summary>
    Root,

    /// <summary>A step: one folder an item.</summary>
    Step,

    /// <summary>An item: a tree of arrays, a JSON value, a random key.</summary>
    Item,

    /// <summary>An OCDBT database that no tree is recorded for.</summary>
    Ocdbt,

    /// <summary>One zarr array.</summary>
    Array,

    /// <summary>A zarr group: several arrays.</summary>
    Group,

    /// <summary>A file of Flax: a whole tree in MessagePack.</summary>
    Msgpack,
}
