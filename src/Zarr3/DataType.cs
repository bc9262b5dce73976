using System.Collections.Frozen;

namespace OcdbtSharp.Zarr3;

/// <summary>What the elements of an array are.</summary>
public enum DataTypeKind
{
    /// <summary>True or false, one byte each.</summary>
    Boolean,

    /// <summary>Two's-complement integers.</summary>
    SignedInteger,

    /// <summary>Integers from zero on.</summary>
    UnsignedInteger,

    /// <summary>IEEE 754 numbers and the smaller formats of machine learning.</summary>
    FloatingPoint,

    /// <summary>Pairs of floating-point numbers, real part first.</summary>
    Complex,

    /// <summary>Records of named fields (zarr v2 only).</summary>
    Structure,

    /// <summary>Bytes without a meaning of their own (zarr v2's <c>V</c> and <c>S</c>).</summary>
    Bytes,
}

/// <summary>
/// The type of the elements of an array. In memory every element is little-endian and takes whole bytes: types of 4 and 2 bits take one byte
/// an element, as they do in storage.
/// </summary>
public sealed class DataType : IEquatable<DataType>
{
    private static readonly DataType[] All =
    [
        new("bool", DataTypeKind.Boolean, 8, 1),
        new("int2", DataTypeKind.SignedInteger, 2, 1),
        new("int4", DataTypeKind.SignedInteger, 4, 1),
        new("int8", DataTypeKind.SignedInteger, 8, 1),
        new("int16", DataTypeKind.SignedInteger, 16, 2),
        new("int32", DataTypeKind.SignedInteger, 32, 4),
        new("int64", DataTypeKind.SignedInteger, 64, 8),
        new("uint2", DataTypeKind.UnsignedInteger, 2, 1),
        new("uint4", DataTypeKind.UnsignedInteger, 4, 1),
        new("uint8", DataTypeKind.UnsignedInteger, 8, 1),
        new("uint16", DataTypeKind.UnsignedInteger, 16, 2),
        new("uint32", DataTypeKind.UnsignedInteger, 32, 4),
        new("uint64", DataTypeKind.UnsignedInteger, 64, 8),
        new("float4_e2m1fn", DataTypeKind.FloatingPoint, 4, 1),
        new("float8_e3m4", DataTypeKind.FloatingPoint, 8, 1),
        new("float8_e4m3b11fnuz", DataTypeKind.FloatingPoint, 8, 1),
        new("float8_e4m3fn", DataTypeKind.FloatingPoint, 8, 1),
        new("float8_e4m3fnuz", DataTypeKind.FloatingPoint, 8, 1),
        new("float8_e5m2", DataTypeKind.FloatingPoint, 8, 1),
        new("float8_e5m2fnuz", DataTypeKind.FloatingPoint, 8, 1),
        new("float8_e8m0fnu", DataTypeKind.FloatingPoint, 8, 1),
        new("bfloat16", DataTypeKind.FloatingPoint, 16, 2),
        new("float16", DataTypeKind.FloatingPoint, 16, 2),
        new("float32", DataTypeKind.FloatingPoint, 32, 4),
        new("float64", DataTypeKind.FloatingPoint, 64, 8),
        new("complex64", DataTypeKind.Complex, 64, 8),
        new("complex128", DataTypeKind.Complex, 128, 16),
    ];

    private static readonly FrozenDictionary<string, DataType> ByName = All.ToFrozenDictionary(type => type.Name, StringComparer.Ordinal);

    private DataType(string name, DataTypeKind kind, int bits, int size, IReadOnlyList<StructField>? fields = null)
    {
        Name = name;
        Kind = kind;
        Bits = bits;
        Size = size;
        Fields = fields ?? [];
    }

    /// <summary>The name that zarr v3 and JAX give the type, such as <c>bfloat16</c>.</summary>
    public string Name { get; }

    /// <summary>What the elements are.</summary>
    public DataTypeKind Kind { get; }

    /// <summary>Number of bits that carry the value.</summary>
    public int Bits { get; }

    /// <summary>Bytes of one element, in memory and in storage.</summary>
    public int Size { get; }

    /// <summary>The fields of a structure, in the order in which they lie; otherwise none.</summary>
    public IReadOnlyList<StructField> Fields { get; }

    /// <summary>Bytes of the unit that has a byte order: half an element for complex numbers.</summary>
    internal int ComponentSize => Kind switch
    {
        DataTypeKind.Complex => Size / 2,
        DataTypeKind.Bytes or DataTypeKind.Structure => 1,
        _ => Size,
    };

    /// <summary>The names of all types that have one.</summary>
    internal static IEnumerable<string> Names => All.Select(type => type.Name);

    /// <summary>The type of a name.</summary>
    /// <param name="name">A name such as <c>float32</c>, <c>bfloat16</c> or <c>int4</c>.</param>
    /// <exception cref="ArgumentException">There is no type of that name.</exception>
    public static DataType Parse(string name) =>
        TryParse(name) ?? throw new ArgumentException($"There is no data type '{name}'; there are {string.Join(", ", ByName.Keys.Order(StringComparer.Ordinal))}.", nameof(name));

    /// <summary>The type of a name; null where there is none.</summary>
    public static DataType? TryParse(string name) => ByName.GetValueOrDefault(name);

    /// <inheritdoc/>
    public bool Equals(DataType? other) =>
        ReferenceEquals(this, other)
        || (other is not null && Kind == other.Kind && Name == other.Name && Size == other.Size && Fields.SequenceEqual(other.Fields));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DataType);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Size);

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>Bytes without a meaning of their own.</summary>
    /// <param name="size">How many an element has.</param>
    /// <param name="letter">How numpy calls them: <c>V</c>, or <c>S</c> where they are text.</param>
    internal static DataType Raw(int size, char letter = 'V') => new($"{letter}{size}", DataTypeKind.Bytes, 8 * size, size);

    /// <summary>Records of fields that lie one behind the other.</summary>
    internal static DataType Structure(IReadOnlyList<StructField> fields) =>
        new("struct", DataTypeKind.Structure, 0, fields.Sum(field => field.Size), fields);
}

/// <summary>A field of a structure.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its shape within one record; empty for a single element.</param>
/// <param name="Offset">Its first byte within a record.</param>
public sealed record StructField(string Name, DataType Type, IReadOnlyList<long> Shape, int Offset)
{
    /// <summary>Bytes that the field takes in a record.</summary>
    public int Size => checked((int)Shape.Aggregate((long)Type.Size, (product, extent) => checked(product * extent)));

    /// <inheritdoc/>
    public bool Equals(StructField? other) =>
        other is not null && Name == other.Name && Type.Equals(other.Type) && Offset == other.Offset && Shape.SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Type, Offset);
}
