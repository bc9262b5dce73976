using System.Text.Json;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Cli.Output;

/// <summary>Prints records, field by field.</summary>
internal sealed class StructureFormat(DataType type) : ElementFormat
{
    private readonly ElementFormat[] _formats = [.. type.Fields.Select(field => For(field.Type))];

    public override int Size => type.Size;

    public override string ToText(ReadOnlySpan<byte> element)
    {
        List<string> fields = [];
        for (int i = 0; i < _formats.Length; i++)
        {
            StructField field = type.Fields[i];
            List<string> values = [];
            for (int offset = field.Offset; offset < field.Offset + field.Size; offset += _formats[i].Size)
            {
                values.Add(_formats[i].ToText(element.Slice(offset, _formats[i].Size)));
            }

            fields.Add(field.Shape.Count == 0 ? values[0] : $"[{string.Join(", ", values)}]");
        }

        return $"({string.Join(", ", fields)})";
    }

    public override void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> element)
    {
        json.WriteStartObject();
        for (int i = 0; i < _formats.Length; i++)
        {
            StructField field = type.Fields[i];
            json.WritePropertyName(field.Name);
            WriteAxis(json, element.Slice(field.Offset, field.Size), field.Shape, 0, _formats[i]);
        }

        json.WriteEndObject();
    }

    private static void WriteAxis(Utf8JsonWriter json, ReadOnlySpan<byte> elements, IReadOnlyList<long> shape, int axis, ElementFormat format)
    {
        if (axis == shape.Count)
        {
            format.WriteJson(json, elements);
            return;
        }

        json.WriteStartArray();
        int length = elements.Length / (int)shape[axis];
        for (int offset = 0; offset < elements.Length; offset += length)
        {
            WriteAxis(json, elements.Slice(offset, length), shape, axis + 1, format);
        }

        json.WriteEndArray();
    }
}
