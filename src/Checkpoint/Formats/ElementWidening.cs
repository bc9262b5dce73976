using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>
/// Elements of types that only JAX has, as elements of an ordinary type that holds all their values: <c>bfloat16</c> and the small floats as
/// <c>float32</c>, integers of less than a byte as those of a byte.
/// </summary>
internal static class ElementWidening
{
    /// <summary>The ordinary type; null where there is none, or the type is ordinary itself.</summary>
    public static string? TypeFor(DataType type) => type.Kind switch
    {
        DataTypeKind.FloatingPoint when type.Bits <= 8 || type.Name == "bfloat16" => "float32",
        DataTypeKind.SignedInteger when type.Bits < 8 => "int8",
        DataTypeKind.UnsignedInteger when type.Bits < 8 => "uint8",
        _ => null,
    };

    /// <summary>Bytes that an element takes in the ordinary type for each byte that it takes in its own.</summary>
    public static int Factor(DataType type) => TypeFor(type) is { } wider ? DataType.Parse(wider).Size / type.Size : 1;
}
