using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>
/// The head of a safetensors file: 8 bytes of length (little-endian), then a JSON object from tensor names to type, shape and place, padded
/// with spaces to a multiple of 8 bytes. The values follow without gaps, little-endian and in C order.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>Longest header that is read, in bytes: the limit of the reference implementation.</summary>
    public const int MaxLength = 100_000_000;

    private const int Alignment = 8;
    private const string MetadataName = "__metadata__";

    private static readonly FrozenDictionary<string, string> NameByDataType = new Dictionary<string, string>
    {
        ["bool"] = "BOOL",
        ["uint8"] = "U8",
        ["int8"] = "I8",
        ["uint16"] = "U16",
        ["int16"] = "I16",
        ["uint32"] = "U32",
        ["int32"] = "I32",
        ["uint64"] = "U64",
        ["int64"] = "I64",
        ["float16"] = "F16",
        ["bfloat16"] = "BF16",
        ["float32"] = "F32",
        ["float64"] = "F64",
        ["float8_e4m3fn"] = "F8_E4M3",
        ["float8_e5m2"] = "F8_E5M2",
        ["float8_e4m3fnuz"] = "F8_E4M3FNUZ",
        ["float8_e5m2fnuz"] = "F8_E5M2FNUZ",
        ["float8_e8m0fnu"] = "F8_E8M0",
        ["complex64"] = "C64",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> DataTypeByName =
        NameByDataType.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>A tensor of the file.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="DataType">Its type, by the name that zarr gives it.</param>
    /// <param name="Shape">Its shape.</param>
    /// <param name="Offset">Its first byte, counted from the end of the header.</param>
    /// <param name="Length">Its length in bytes.</param>
    public readonly record struct Entry(string Name, string DataType, long[] Shape, long Offset, long Length);

    /// <summary>The tensors, in the order in which their values lie.</summary>
    public required IReadOnlyList<Entry> Entries { get; init; }

    /// <summary>Free text by name.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Whether the format has this type.</summary>
    public static bool Supports(string dataType) => NameByDataType.ContainsKey(dataType);

    /// <summary>Length in bytes of the header that begins with these 8 bytes, itself and them included.</summary>
    /// <exception cref="CorruptDataException">No header is that long.</exception>
    public static int DecodeLength(ReadOnlySpan<byte> prefix)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        return length is >= 2 and <= MaxLength
            ? sizeof(ulong) + (int)length
            : throw new CorruptDataException($"Not a safetensors file: a header of {length} bytes, where 2 to {MaxLength} are possible", offset: 0);
    }

    /// <summary>Reads a header.</summary>
    /// <param name="header">The header, its length included.</param>
    /// <param name="dataLength">Length in bytes of what follows it.</param>
    /// <exception cref="CorruptDataException">The header breaks the rules of the format.</exception>
    /// <exception cref="UnsupportedFormatException">A tensor has a type that this library does not know.</exception>
    public static SafetensorsHeader Decode(ReadOnlySequence<byte> header, long dataLength)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(header.Slice(sizeof(ulong)));
            return Decode(document.RootElement, dataLength);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new CorruptDataException("The header of the safetensors file is not what it should be: " + error.Message, innerException: error);
        }
    }

    /// <summary>Lays tensors out one behind the other.</summary>
    /// <param name="tensors">Name, type, shape and length in bytes of each, in the order in which the values are to lie.</param>
    /// <param name="metadata">Free text by name.</param>
    /// <exception cref="UnsupportedFormatException">The format does not have the type of a tensor, or has no place for its name.</exception>
    public static SafetensorsHeader Create(
        IEnumerable<(string Name, string DataType, long[] Shape, long Length)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        List<Entry> entries = [];
        long offset = 0;
        foreach ((string name, string dataType, long[] shape, long length) in tensors)
        {
            if (!Supports(dataType))
            {
                throw new UnsupportedFormatException($"safetensors has no type for {dataType}, the type of '{name}'");
            }

            if (name == MetadataName)
            {
                throw new UnsupportedFormatException($"safetensors keeps the name '{name}' for itself: leave out the array that is called so");
            }

            entries.Add(new Entry(name, dataType, shape, offset, length));
            offset = checked(offset + length);
        }

        return new SafetensorsHeader { Entries = entries, Metadata = metadata };
    }

    /// <summary>The bytes of the header, its length included.</summary>
    public byte[] Encode()
    {
        ArrayBufferWriter<byte> buffer = new();
        buffer.Write(stackalloc byte[sizeof(ulong)]);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            if (Metadata.Count != 0)
            {
                json.WriteStartObject(MetadataName);
                foreach ((string name, string value) in Metadata)
                {
                    json.WriteString(name, value);
                }

                json.WriteEndObject();
            }

            foreach (Entry entry in Entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype"u8, NameByDataType[entry.DataType]);
                json.WriteStartArray("shape"u8);
                foreach (long extent in entry.Shape)
                {
                    json.WriteNumberValue(extent);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets"u8);
                json.WriteNumberValue(entry.Offset);
                json.WriteNumberValue(entry.Offset + entry.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        int padding = -buffer.WrittenCount & (Alignment - 1);
        buffer.GetSpan(Alignment)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        byte[] header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - sizeof(ulong)));
        return header;
    }

    private static SafetensorsHeader Decode(JsonElement root, long dataLength)
    {
        List<Entry> entries = [];
        Dictionary<string, string> metadata = [];
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.NameEquals(MetadataName))
            {
                foreach (JsonProperty text in property.Value.EnumerateObject())
                {
                    metadata[text.Name] = text.Value.GetString() ?? "";
                }

                continue;
            }

            entries.Add(DecodeEntry(property.Name, property.Value, dataLength));
        }

        entries.Sort((left, right) => left.Offset.CompareTo(right.Offset));
        long end = 0;
        foreach (Entry entry in entries)
        {
            if (entry.Offset != end)
            {
                throw new CorruptDataException($"Tensor '{entry.Name}' begins at byte {entry.Offset}, but the one before it ends at byte {end}");
            }

            end += entry.Length;
        }

        return end == dataLength
            ? new SafetensorsHeader { Entries = entries, Metadata = metadata }
            : throw new CorruptDataException($"The tensors end at byte {end}, but the file holds {dataLength} bytes of values");
    }

    private static Entry DecodeEntry(string name, JsonElement entry, long dataLength)
    {
        string type = entry.GetProperty("dtype"u8).GetString() ?? "";
        if (!DataTypeByName.TryGetValue(type, out string? dataType))
        {
            throw new UnsupportedFormatException($"Tensor '{name}' is of the type {type}, which is not supported");
        }

        long[] shape = [.. entry.GetProperty("shape"u8).EnumerateArray().Select(extent => extent.GetInt64())];
        JsonElement offsets = entry.GetProperty("data_offsets"u8);
        if (offsets.GetArrayLength() != 2)
        {
            throw new CorruptDataException($"data_offsets of tensor '{name}' has {offsets.GetArrayLength()} numbers instead of 2");
        }

        long begin = offsets[0].GetInt64();
        long end = offsets[1].GetInt64();
        if (begin < 0 || end < begin || end > dataLength || shape.Any(extent => extent < 0))
        {
            throw new CorruptDataException($"Tensor '{name}' lies at bytes {begin} to {end} of {dataLength}, in the shape [{string.Join(", ", shape)}]");
        }

        return new Entry(name, dataType, shape, begin, end - begin);
    }
}
