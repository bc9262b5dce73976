using System.Collections.Frozen;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.Zarr3;

/// <summary>Which type of .NET holds the elements of which data type.</summary>
internal static class ElementType
{
    private static readonly FrozenDictionary<Type, string> Names = new Dictionary<Type, string>
    {
        [typeof(bool)] = "bool",
        [typeof(Int2)] = "int2",
        [typeof(Int4)] = "int4",
        [typeof(sbyte)] = "int8",
        [typeof(short)] = "int16",
        [typeof(int)] = "int32",
        [typeof(long)] = "int64",
        [typeof(UInt2)] = "uint2",
        [typeof(UInt4)] = "uint4",
        [typeof(byte)] = "uint8",
        [typeof(ushort)] = "uint16",
        [typeof(uint)] = "uint32",
        [typeof(ulong)] = "uint64",
        [typeof(Float4E2M1Fn)] = "float4_e2m1fn",
        [typeof(Float8E3M4)] = "float8_e3m4",
        [typeof(Float8E4M3B11FnUz)] = "float8_e4m3b11fnuz",
        [typeof(Float8E4M3Fn)] = "float8_e4m3fn",
        [typeof(Float8E4M3FnUz)] = "float8_e4m3fnuz",
        [typeof(Float8E5M2)] = "float8_e5m2",
        [typeof(Float8E5M2FnUz)] = "float8_e5m2fnuz",
        [typeof(Float8E8M0Fnu)] = "float8_e8m0fnu",
        [typeof(BFloat16)] = "bfloat16",
        [typeof(Half)] = "float16",
        [typeof(float)] = "float32",
        [typeof(double)] = "float64",
        [typeof(Complex64)] = "complex64",
        [typeof(Complex)] = "complex128",
    }.ToFrozenDictionary();

    /// <summary>The data type of a type of .NET; null where it has none.</summary>
    public static DataType? DataTypeOf(Type type) => Names.TryGetValue(type, out string? name) ? DataType.Parse(name) : null;

    /// <summary>Checks that a type of .NET holds the elements of a data type.</summary>
    /// <typeparam name="T">The type of .NET. For records and for bytes without a meaning, any unmanaged type of their size.</typeparam>
    /// <param name="stored">The type of the elements.</param>
    /// <exception cref="ArgumentException">It does not; the message names the one that does.</exception>
    public static void Check<T>(DataType stored)
        where T : unmanaged
    {
        bool fits = stored.Kind is DataTypeKind.Structure or DataTypeKind.Bytes
            ? DataTypeOf(typeof(T)) is null && Unsafe.SizeOf<T>() == stored.Size
            : stored.Equals(DataTypeOf(typeof(T)));
        if (!fits)
        {
            string? wanted = Names.Where(pair => pair.Value == stored.Name).Select(pair => pair.Key.Name).FirstOrDefault();
            throw new ArgumentException(
                $"The elements are {stored}: {typeof(T).Name} does not hold them, {wanted ?? $"a struct of {stored.Size} bytes"} does.", nameof(T));
        }
    }
}
