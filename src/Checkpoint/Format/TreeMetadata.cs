using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>The file <c>_METADATA</c>: every leaf of an item with its path and type, and how the arrays are stored.</summary>
internal sealed partial class TreeMetadata
{
    // "('a',)": {"key_metadata": [{"key": "a", "key_type": 2}], "value_metadata": {"value_type": "None", "skip_deserialize": true}}
    private const int MinEntryLength = 128;

    /// <summary>The leaves, in the order of the file.</summary>
    public required IReadOnlyList<TreeMetadataEntry> Entries { get; init; }

    /// <summary>Whether the arrays lie in an OCDBT database; null in older releases, where the manifest tells.</summary>
    public bool? UseOcdbt { get; init; }

    /// <summary>Whether the arrays are zarr v3.</summary>
    public bool UseZarr3 { get; init; }

    /// <summary>Whether chunks equal to the fill value were stored, so that a missing chunk is an error.</summary>
    public bool StoresFillValue { get; init; }

    /// <summary>What the user gave; null where nothing.</summary>
    public JsonElement? CustomMetadata { get; init; }

    /// <summary>JSON text of the tree with its tuples and named tuples; null unless saved with rich types.</summary>
    public string? RichTree { get; init; }

    /// <summary>Parses the file.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="location">The file, for errors.</param>
    /// <exception cref="CorruptDataException">It is not what Orbax writes.</exception>
    public static TreeMetadata Decode(ReadOnlyMemory<byte> utf8, string location)
    {
        try
        {
            return Decode(utf8.Span);
        }
        catch (Exception error) when (PythonJson.IsMalformed(error))
        {
            if (PythonJson.QuoteNonFinite(utf8.Span) is { } quoted)
            {
                return Decode(quoted, location);
            }

            throw PythonJson.NotJson(error, location);
        }
        catch (OcdbtSharpException error)
        {
            throw error.At(location);
        }
    }

    private static TreeMetadata Decode(ReadOnlySpan<byte> utf8)
    {
        Utf8JsonReader reader = new(utf8, PythonJson.ReaderOptions);
        List<TreeMetadataEntry>? entries = null;
        bool? useOcdbt = null;
        bool useZarr3 = false;
        bool storesFillValue = false;
        JsonElement? custom = null;
        string? rich = null;
        reader.Read();
        JsonTokens.Expect(ref reader, JsonTokenType.StartObject, "tree metadata");
        while (JsonTokens.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("tree_metadata"u8))
            {
                reader.Read();
                entries = DecodeEntries(ref reader, utf8.Length / MinEntryLength);
            }
            else if (reader.ValueTextEquals("use_ocdbt"u8))
            {
                useOcdbt = JsonTokens.ReadBoolean(ref reader);
            }
            else if (reader.ValueTextEquals("use_zarr3"u8))
            {
                useZarr3 = JsonTokens.ReadBoolean(ref reader) ?? false;
            }
            else if (reader.ValueTextEquals("store_array_data_equal_to_fill_value"u8))
            {
                storesFillValue = JsonTokens.ReadBoolean(ref reader) ?? false;
            }
            else if (reader.ValueTextEquals("value_metadata_tree"u8))
            {
                reader.Read();
                rich = reader.GetString();
            }
            else if (reader.ValueTextEquals("custom_metadata"u8))
            {
                reader.Read();
                JsonElement value = JsonElement.ParseValue(ref reader);
                custom = value.ValueKind == JsonValueKind.Null ? null : value;
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (reader.Read())
        {
            throw new CorruptDataException("Something follows the tree metadata.", offset: reader.TokenStartIndex);
        }

        return new TreeMetadata
        {
            Entries = entries ?? throw new CorruptDataException("There is no tree_metadata."),
            UseOcdbt = useOcdbt,
            UseZarr3 = useZarr3,
            StoresFillValue = storesFillValue,
            CustomMetadata = custom,
            RichTree = rich,
        };
    }

    private static List<TreeMetadataEntry> DecodeEntries(ref Utf8JsonReader reader, int expected)
    {
        JsonTokens.Expect(ref reader, JsonTokenType.StartObject, "tree_metadata");
        List<TreeMetadataEntry> entries = new(expected);
        List<TreeKey> path = [];
        RecentValues recent = new();
        while (JsonTokens.NextMember(ref reader))
        {
            entries.Add(TreeMetadataEntry.Decode(ref reader, path, recent));
        }

        return entries;
    }
}

/// <summary>One leaf in <c>_METADATA</c>.</summary>
/// <param name="Path">The keys from the root to the leaf.</param>
/// <param name="ValueType">Orbax's name for the type of the value.</param>
/// <param name="SkipDeserialize">Whether the value is not stored as an array: it is empty, or in the aggregate file.</param>
/// <param name="WriteShape">The shape of a shard; null where it was not recorded.</param>
internal readonly partial record struct TreeMetadataEntry(TreeKey[] Path, string ValueType, bool SkipDeserialize, long[]? WriteShape)
{
    // The member's own name is the path as Python prints it; the key metadata says the same without having to be parsed as Python.
    internal static TreeMetadataEntry Decode(ref Utf8JsonReader reader, List<TreeKey> path, RecentValues recent)
    {
        reader.Read();
        JsonTokens.Expect(ref reader, JsonTokenType.StartObject, "an entry of tree_metadata");
        path.Clear();
        bool hasPath = false;
        string? type = null;
        bool skip = false;
        long[]? writeShape = null;
        while (JsonTokens.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("key_metadata"u8))
            {
                hasPath = true;
                DecodePath(ref reader, path, recent);
            }
            else if (reader.ValueTextEquals("value_metadata"u8))
            {
                DecodeValue(ref reader, recent, out type, out skip, out writeShape);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return hasPath && type is not null
            ? new TreeMetadataEntry([.. path], type, skip, writeShape)
            : throw new CorruptDataException("An entry of tree_metadata lacks its key_metadata or value_metadata.", offset: reader.TokenStartIndex);
    }

    private static void DecodeValue(ref Utf8JsonReader reader, RecentValues recent, out string? type, out bool skip, out long[]? writeShape)
    {
        reader.Read();
        JsonTokens.Expect(ref reader, JsonTokenType.StartObject, "value_metadata");
        type = null;
        skip = false;
        writeShape = null;
        while (JsonTokens.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("value_type"u8))
            {
                reader.Read();
                JsonTokens.Expect(ref reader, JsonTokenType.String, "value_type");
                type = recent.Text(ref reader);
            }
            else if (reader.ValueTextEquals("skip_deserialize"u8))
            {
                skip = JsonTokens.ReadBoolean(ref reader) ?? false;
            }
            else if (reader.ValueTextEquals("write_shape"u8))
            {
                reader.Read();
                writeShape = reader.TokenType == JsonTokenType.Null ? null : recent.Shape(ref reader, "write_shape");
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private static void DecodePath(ref Utf8JsonReader reader, List<TreeKey> path, RecentValues recent)
    {
        reader.Read();
        JsonTokens.Expect(ref reader, JsonTokenType.StartArray, "key_metadata");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            JsonTokens.Expect(ref reader, JsonTokenType.StartObject, "a key");
            string? name = null;
            TreeKeyKind kind = default;
            while (JsonTokens.NextMember(ref reader))
            {
                if (reader.ValueTextEquals("key"u8))
                {
                    reader.Read();
                    name = reader.TokenType == JsonTokenType.Number ? System.Text.Encoding.ASCII.GetString(reader.ValueSpan) : recent.Text(ref reader);
                }
                else if (reader.ValueTextEquals("key_type"u8))
                {
                    reader.Read();
                    kind = (TreeKeyKind)reader.GetInt32();
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }

            if (name is null || kind is not (TreeKeyKind.Dict or TreeKeyKind.Sequence))
            {
                throw new CorruptDataException($"A key of a path has no name, or its key_type ({(int)kind}) is neither 1 nor 2.", offset: reader.TokenStartIndex);
            }

            if (kind == TreeKeyKind.Sequence && !JsonTokens.IsIndex(name))
            {
                throw new CorruptDataException($"The index '{name}' of a sequence is not a number.", offset: reader.TokenStartIndex);
            }

            path.Add(new TreeKey(kind, name));
        }
    }
}
