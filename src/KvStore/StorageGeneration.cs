namespace OcdbtSharp.KvStore;

/// <summary>
/// Identifies one state of one key, for conditional reads and writes. Opaque: equal generations mean the same stored value.
/// </summary>
/// <param name="Value">The store's own token; null where no generation is known.</param>
public readonly record struct StorageGeneration(string? Value)
{
    /// <summary>No generation is known; as a condition: no condition.</summary>
    public static StorageGeneration Unknown => default;

    /// <summary>The key does not exist; as a condition: write only if it does not exist.</summary>
    public static StorageGeneration NoValue => new("");

    /// <summary>Whether no generation is known.</summary>
    public bool IsUnknown => Value is null;

    /// <inheritdoc/>
    public override string ToString() => Value switch { null => "unknown", "" => "no value", _ => Value };
}
