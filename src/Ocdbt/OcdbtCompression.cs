namespace OcdbtSharp.Ocdbt;

/// <summary>How manifests and nodes are compressed. Values outside nodes never are.</summary>
public readonly record struct OcdbtCompression
{
    /// <summary>No compression.</summary>
    public static OcdbtCompression None => default;

    /// <summary>Level of Zstandard; null where there is no compression. 0 leaves it to who writes.</summary>
    public int? ZstdLevel { get; private init; }

    /// <summary>Zstandard.</summary>
    /// <param name="level">Level of compression; 0 leaves it to who writes.</param>
    /// <exception cref="ArgumentOutOfRangeException">Zstandard has no such level.</exception>
    public static OcdbtCompression Zstd(int level = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, Format.Zstd.MinLevel);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, Format.Zstd.MaxLevel);
        return new OcdbtCompression { ZstdLevel = level };
    }

    /// <inheritdoc/>
    public override string ToString() => ZstdLevel is { } level ? $"zstd level {level}" : "none";
}
