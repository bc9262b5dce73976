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

    /// <summary>The asked part of a value that is in memory, in the destination where there is one.</summary>
    /// <exception cref="ArgumentException">The destination is too short, or the range is outside the value.</exception>
    internal ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> value)
    {
        (long offset, long length) = Range.Resolve(value.Length);
        CheckDestination(length);
        ReadOnlyMemory<byte> part = value.Slice((int)offset, (int)length);
        if (Destination is { } destination)
        {
            part.CopyTo(destination);
            part = destination[..part.Length];
        }

        return part;
    }

    /// <exception cref="ArgumentException">There is a destination, and it is shorter than what was asked for.</exception>
    internal void CheckDestination(long length)
    {
        if (Destination is { } room && room.Length < length)
        {
            throw new ArgumentException($"The destination holds {room.Length} bytes, and {length} were asked for.");
        }
    }
}

/// <summary>Which parts of a value, or which neighbours, are read together: where what lies between them costs less than another request.</summary>
/// <param name="MaxGap">Most bytes between two of them.</param>
/// <param name="MaxBytes">Most bytes of one read, unless a single part is longer.</param>
public readonly record struct ReadCoalescing(long MaxGap, long MaxBytes)
{
    /// <summary>What suits a local store: gaps of 16 KiB, reads of 4 MiB.</summary>
    public static ReadCoalescing Default => new(16 << 10, 4 << 20);

    /// <summary>Whether a part is read together with those before it.</summary>
    /// <param name="start">Where the first of these begins.</param>
    /// <param name="end">Where the last of these ends.</param>
    /// <param name="offset">Where the part begins.</param>
    /// <param name="length">Its length.</param>
    internal bool Joins(long start, long end, long offset, long length) => offset - end <= MaxGap && offset + length - start <= MaxBytes;
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
