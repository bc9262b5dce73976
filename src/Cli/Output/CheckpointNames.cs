using OcdbtSharp.Checkpoint;

namespace OcdbtSharp.Cli.Output;

/// <summary>The words that the output uses for what the library tells apart.</summary>
internal static class CheckpointNames
{
    public static string Of(CheckpointKind kind) => kind switch
    {
        CheckpointKind.Root => "root",
        CheckpointKind.Step => "step",
        CheckpointKind.Item => "item",
        CheckpointKind.Ocdbt => "ocdbt",
        CheckpointKind.Array => "array",
        CheckpointKind.Group => "group",
        CheckpointKind.Msgpack => "msgpack",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static string Of(ItemKind kind) => kind switch
    {
        ItemKind.PyTree => "pytree",
        ItemKind.Json => "json",
        ItemKind.Array => "array",
        ItemKind.JaxRandomKey => "jax_random_key",
        ItemKind.NumpyRandomKey => "numpy_random_key",
        ItemKind.Metrics => "metrics",
        ItemKind.Other => "other",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public static string Of(LeafKind kind) => kind switch
    {
        LeafKind.Array => "array",
        LeafKind.Scalar => "scalar",
        LeafKind.String => "string",
        LeafKind.None => "none",
        LeafKind.Empty => "empty",
        LeafKind.PrngKey => "prng_key",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
