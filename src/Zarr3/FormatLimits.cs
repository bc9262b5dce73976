namespace OcdbtSharp.Zarr3;

/// <summary>Bounds on what is read, held before memory is taken for it.</summary>
internal static class FormatLimits
{
    /// <summary>Most axes of an array, as in TensorStore.</summary>
    public const int MaxRank = 32;

    /// <summary>Most bytes of a metadata file.</summary>
    public const int MaxMetadataBytes = 64 << 20;

    /// <summary>Most bytes of the index of a shard, decoded.</summary>
    public const long MaxShardIndexBytes = 1L << 30;
}
