using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>
/// The head of a NumPy <c>.npy</c> file: the magic bytes, a version, a length, and a Python dictionary with the type (<c>descr</c>), the order and
/// the shape, padded with spaces and a line feed to a multiple of 64 bytes.
/// </summary>
internal sealed partial record NpyHeader(string DataType, long[] Shape, bool FortranOrder, bool BigEndian)
{
    /// <summary>Bytes from which the length of the header can be told.</summary>
    public const int PrefixLength = 12;

    private const int Alignment = 64;

    // NumPy refuses longer ones too, since its reader evaluates them.
    private const int MaxLength = 10_000;

    private static readonly FrozenDictionary<string, string> DescrByDataType = new Dictionary<string, string>
    {
        ["bool"] = "b1",
        ["uint8"] = "u1",
        ["int8"] = "i1",
        ["uint16"] = "u2",
        ["int16"] = "i2",
        ["uint32"] = "u4",
        ["int32"] = "i4",
        ["uint64"] = "u8",
        ["int64"] = "i8",
        ["float16"] = "f2",
        ["float32"] = "f4",
        ["float64"] = "f8",
        ["complex64"] = "c8",
        ["complex128"] = "c16",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> DataTypeByDescr =
        DescrByDataType.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Whether the format has this type without a package of Python's that adds it.</summary>
    public static bool Supports(string dataType) => DescrByDataType.ContainsKey(dataType);

    /// <summary>Length in bytes of the whole header that begins with these <see cref="PrefixLength"/> bytes.</summary>
    /// <exception cref="CorruptDataException">It is not the beginning of a .npy file.</exception>
    /// <exception cref="UnsupportedFormatException">The version is not known.</exception>
    public static int DecodeLength(ReadOnlySpan<byte> prefix)
    {
        if (prefix.Length < PrefixLength || !prefix.StartsWith(Magic))
        {
            throw new CorruptDataException("Not a .npy file: the magic bytes are missing", offset: 0);
        }

        (int start, uint length) = prefix[6] switch
        {
            1 => (10, BinaryPrimitives.ReadUInt16LittleEndian(prefix[8..])),
            2 or 3 => (12, BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..])),
            _ => throw new UnsupportedFormatException($".npy version {prefix[6]}.{prefix[7]} is not supported, only 1.0, 2.0 and 3.0"),
        };
        return length <= MaxLength
            ? start + (int)length
            : throw new CorruptDataException($"The .npy header has {length} bytes, more than the {MaxLength} that are allowed", offset: 8);
    }

    /// <summary>Reads a header.</summary>
    /// <param name="header">The whole header, of <see cref="DecodeLength"/> bytes.</param>
    /// <exception cref="CorruptDataException">The header breaks the rules of the format.</exception>
    /// <exception cref="UnsupportedFormatException">The type is a Python object, a structure or unknown.</exception>
    public static NpyHeader Decode(ReadOnlySpan<byte> header)
    {
        string text = Encoding.UTF8.GetString(header[(header[6] == 1 ? 10 : 12)..]);
        if (DescrPattern().Match(text) is not { Success: true } descr)
        {
            throw new UnsupportedFormatException($"The .npy header has no plain type: {text.Trim()}");
        }

        Match order = OrderPattern().Match(text);
        Match shape = ShapePattern().Match(text);
        if (!order.Success || !shape.Success)
        {
            throw new CorruptDataException($"The .npy header lacks fortran_order or shape: {text.Trim()}");
        }

        if (!DataTypeByDescr.TryGetValue(descr.Groups["type"].Value, out string? dataType))
        {
            throw new UnsupportedFormatException($"The .npy type '{descr.Groups["type"].Value}' is not supported");
        }

        string[] extents = shape.Groups["extents"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        long[] numbers = new long[extents.Length];
        for (int i = 0; i < extents.Length; i++)
        {
            if (!long.TryParse(extents[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                throw new CorruptDataException($"'{extents[i]}' in the shape of the .npy header is not a length");
            }
        }

        return new NpyHeader(dataType, numbers, order.Groups["order"].Value == "True", descr.Groups["endian"].Value == ">");
    }

    /// <summary>The bytes of the header.</summary>
    /// <exception cref="UnsupportedFormatException">The format does not have the type.</exception>
    public byte[] Encode()
    {
        if (!DescrByDataType.TryGetValue(DataType, out string? descr))
        {
            throw new UnsupportedFormatException($".npy has no type for {DataType}");
        }

        char endian = descr is "b1" or "u1" or "i1" ? '|' : BigEndian ? '>' : '<';
        string extents = string.Join(", ", Shape.Select(extent => extent.ToString(CultureInfo.InvariantCulture))) + (Shape.Length == 1 ? "," : "");
        string text = $"{{'descr': '{endian}{descr}', 'fortran_order': {(FortranOrder ? "True" : "False")}, 'shape': ({extents}), }}";
        int length = (10 + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        byte[] header = new byte[length];
        header.AsSpan().Fill((byte)' ');
        Magic.CopyTo(header);
        header[6] = 1;
        header[7] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)(length - 10));
        Encoding.ASCII.GetBytes(text, header.AsSpan(10));
        header[^1] = (byte)'\n';
        return header;
    }

    /// <inheritdoc/>
    public bool Equals(NpyHeader? other) =>
        other is not null && DataType == other.DataType && FortranOrder == other.FortranOrder && BigEndian == other.BigEndian
        && Shape.AsSpan().SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(DataType, Shape.Length, FortranOrder, BigEndian);

    [GeneratedRegex(@"'descr'\s*:\s*'(?<endian>[<>|=]?)(?<type>\w+)'", RegexOptions.CultureInvariant)]
    private static partial Regex DescrPattern();

    [GeneratedRegex(@"'fortran_order'\s*:\s*(?<order>True|False)", RegexOptions.CultureInvariant)]
    private static partial Regex OrderPattern();

    [GeneratedRegex(@"'shape'\s*:\s*\((?<extents>[^)]*)\)", RegexOptions.CultureInvariant)]
    private static partial Regex ShapePattern();
}
