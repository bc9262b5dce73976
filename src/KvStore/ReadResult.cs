namespace OcdbtSharp.KvStore;

/// <summary>What a read found.</summary>
public enum ReadState
{
    /// <summary>The key does not exist.</summary>
    Missing,

    /// <summary>The value, or the asked part of it, was read.</summary>
    Value,

    /// <summary>The condition of the read did not hold, so nothing was read: the caller already knows the value.</summary>
    Unchanged,
}

/// <summary>The outcome of a read. A missing key is an outcome, not an error.</summary>
/// <param name="State">What was found.</param>
/// <param name="Value">The bytes read; empty unless <paramref name="State"/> is <see cref="ReadState.Value"/>. It stays valid and must not be changed.</param>
/// <param name="Generation">The state of the key that was read.</param>
/// <param name="TotalLength">Length of the whole value in bytes, whatever part was read.</param>
public readonly record struct ReadResult(ReadState State, ReadOnlyMemory<byte> Value, StorageGeneration Generation, long TotalLength)
{
    /// <summary>The key does not exist.</summary>
    public static ReadResult Missing => new(ReadState.Missing, default, StorageGeneration.NoValue, 0);

    /// <summary>Whether there is a value.</summary>
    public bool HasValue => State == ReadState.Value;
}
