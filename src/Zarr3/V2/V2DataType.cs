using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.V2;

/// <summary>
/// A data type of version 2: a text of numpy such as <c>&lt;f4</c>, a name of ml_dtypes such as <c>bfloat16</c>, or a list of fields.
/// Unlike in version 3 it holds the byte order.
/// </summary>
/// <param name="Type">The type of the elements in memory.</param>
/// <param name="Order">Which bytes of an element are reversed in storage.</param>
internal sealed record V2DataType(DataType Type, ByteOrder Order)
{
    private const int MaxRawLength = 1 << 20;

    /// <exception cref="CorruptDataException">It is no data type.</exception>
    /// <exception cref="UnsupportedFormatException">It is one of numpy's that is not supported.</exception>
    public static V2DataType Parse(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
        {
            (DataType type, bool bigEndian) = ParseText(element.GetString()!);
            return new V2DataType(type, ByteOrder.Of(type, bigEndian));
        }

        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() == 0)
        {
            throw MetadataJson.Bad("dtype", element, "a text or a list of fields");
        }

        List<StructField> fields = [];
        List<bool> bigEndians = [];
        int offset = 0;
        foreach (JsonElement item in element.EnumerateArray())
        {
            (StructField field, bool bigEndian) = ParseField(item, offset);
            if (fields.Exists(other => other.Name == field.Name))
            {
                throw MetadataJson.Bad("dtype", element, "fields with different names");
            }

            fields.Add(field);
            bigEndians.Add(bigEndian);
            offset = checked(offset + field.Size);
        }

        DataType structure = DataType.Structure(fields);
        return new V2DataType(structure, ByteOrder.OfFields(structure, bigEndians));
    }

    /// <summary>The spelling in metadata.</summary>
    public JsonNode ToJson()
    {
        if (Type.Kind != DataTypeKind.Structure)
        {
            return JsonValue.Create(Spell(Type, !Order.IsNative));
        }

        JsonArray fields = [];
        foreach (StructField field in Type.Fields)
        {
            JsonArray entry = [(JsonNode)field.Name, (JsonNode)Spell(field.Type, Order.Reverses(field.Offset))];
            if (field.Shape.Count > 0)
            {
                entry.Add((JsonNode)new JsonArray([.. field.Shape.Select(extent => (JsonNode)extent)]));
            }

            fields.Add((JsonNode)entry);
        }

        return fields;
    }

    private static string Spell(DataType type, bool bigEndian)
    {
        string? letter = type.Kind switch
        {
            DataTypeKind.Bytes => "",
            DataTypeKind.Boolean => "b",
            _ when !NumpyHas(type) => null,
            DataTypeKind.SignedInteger => "i",
            DataTypeKind.UnsignedInteger => "u",
            DataTypeKind.Complex => "c",
            _ => "f",
        };
        char order = type.ComponentSize == 1 ? '|' : bigEndian ? '>' : '<';
        return letter is null ? type.Name
            : letter.Length == 0 ? $"|{type.Name}"
            : string.Create(CultureInfo.InvariantCulture, $"{order}{letter}{type.Size}");
    }

    private static (StructField Field, bool BigEndian) ParseField(JsonElement item, int offset)
    {
        if (item.ValueKind != JsonValueKind.Array || item.GetArrayLength() is not (2 or 3)
            || item[0].ValueKind != JsonValueKind.String || item[1].ValueKind != JsonValueKind.String)
        {
            throw MetadataJson.Bad("dtype", item, "[name, type] or [name, type, shape]");
        }

        long[] shape = [];
        if (item.GetArrayLength() == 3)
        {
            shape = item[2].ValueKind == JsonValueKind.Array
                ? [.. item[2].EnumerateArray().Select(extent => extent.ValueKind == JsonValueKind.Number && extent.TryGetInt64(out long value) ? value : -1)]
                : [-1];
        }

        (DataType type, bool bigEndian) = ParseText(item[1].GetString()!);
        if (shape.Any(extent => extent < 1) || (Extents.TryByteCount(shape, type.Size) ?? long.MaxValue) > MaxRawLength - offset)
        {
            throw MetadataJson.Bad("dtype", item, $"a field of at least one element, and at most {MaxRawLength} bytes for all fields");
        }

        return (new StructField(item[0].GetString()!, type, shape, offset), bigEndian);
    }

    /// <summary>Reads a type that is one text.</summary>
    /// <exception cref="UnsupportedFormatException">It is not supported.</exception>
    public static (DataType Type, bool BigEndian) ParseText(string text)
    {
        if (text.Length >= 3 && text[0] is '<' or '>' or '|'
            && int.TryParse(text.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out int size))
        {
            DataType? type = (text[1], size) switch
            {
                ('b', 1) => DataType.TryParse("bool"),
                ('i', 1 or 2 or 4 or 8) => DataType.TryParse($"int{8 * size}"),
                ('u', 1 or 2 or 4 or 8) => DataType.TryParse($"uint{8 * size}"),
                ('f', 2 or 4 or 8) => DataType.TryParse($"float{8 * size}"),
                ('c', 8 or 16) => DataType.TryParse($"complex{8 * size}"),
                ('V' or 'S', > 0 and <= MaxRawLength) => DataType.Raw(size, text[1]),
                _ => null,
            };
            if (type is not null && (text[0] != '|' || type.ComponentSize == 1))
            {
                return (type, text[0] == '>');
            }
        }
        else if (DataType.TryParse(text) is { Kind: not DataTypeKind.Boolean } named && !NumpyHas(named))
        {
            return (named, false);
        }

        throw new UnsupportedFormatException(
            $"data type \"{text}\" is not supported; supported are numpy's b, i, u, f, c, V and S with a byte order, bfloat16, and the types of 8 and fewer bits of ml_dtypes");
    }

    /// <summary>Whether version 2 spells a type as numpy does, and not by its name.</summary>
    private static bool NumpyHas(DataType type) => type.Bits >= 8 && type.Name.IndexOf('_', StringComparison.Ordinal) < 0 && type.Name != "bfloat16";
}
