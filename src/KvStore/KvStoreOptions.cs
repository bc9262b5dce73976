namespace OcdbtSharp.KvStore;

/// <summary>What a read asks for. The default reads the whole value into memory of its own.</summary>
public readonly record struct ReadOptions
{
    /// <summary>The part of the value to read.</summary>
    public ByteRange Range { get; init; }

    /// <summary>
    /// Where the bytes go. Null: into new memory. Otherwise the asked range must fit, and <see cref="ReadResult.Value"/> is the part that was filled.
    /// </summary>
    public Memory<byte>? Destination { get; init; }

    /// <summary>Read nothing where the key is still at this generation; then the result is <see cref="ReadState.Unchanged"/>.</summary>
    public StorageGeneration IfNotEqual { get; init; }
}

/// <summary>Conditions of a write or a delete.</summary>
public readonly record struct WriteOptions
{
    /// <summary>Write only where the key is at this generation (<see cref="StorageGeneration.NoValue"/>: only where it does not exist).</summary>
    public StorageGeneration IfEqual { get; init; }
}

/// <summary>What a store can do beyond reading.</summary>
[Flags]
public enum KvStoreCapabilities
{
    /// <summary>Reads only.</summary>
    None = 0,

    /// <summary>Lists keys.</summary>
    List = 1,

    /// <summary>Writes and deletes.</summary>
    Write = 2,

    /// <summary>Conditional writes are atomic among all writers of the store.</summary>
    ConditionalWrite = 4,

    /// <summary>All keys below a prefix can be moved at once (<see cref="IKvStore.RenamePrefixAsync"/>).</summary>
    RenamePrefix = 8,

    /// <summary>Values can be written piece by piece (<see cref="IPiecewiseKvStore"/>).</summary>
    PiecewiseWrite = 16,
}
