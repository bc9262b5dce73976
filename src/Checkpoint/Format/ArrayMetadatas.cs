using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>A file <c>array_metadatas/process_N</c>: the arrays that a process wrote, by their names.</summary>
internal static class ArrayMetadatas
{
    // {"array_metadata": {"param_name": "a", "write_shape": [], "chunk_shape": [], "ext_metadata": null}}
    private const int MinEntryLength = 100;

    /// <summary>Adds what the file holds to <paramref name="into"/>; what is there already stays.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="location">The file, for errors.</param>
    /// <param name="into">The arrays by name.</param>
    /// <exception cref="CorruptDataException">It is not what Orbax writes.</exception>
    public static void Decode(ReadOnlyMemory<byte> utf8, string location, Dictionary<string, ArrayMetadataEntry> into)
    {
        try
        {
            Decode(utf8.Span, into);
        }
        catch (Exception error) when (PythonJson.IsMalformed(error))
        {
            throw PythonJson.NotJson(error, location);
        }
        catch (OcdbtSharpException error)
        {
            throw error.At(location);
        }
    }

    /// <summary>The file's text; the caller disposes of it.</summary>
    public static PythonJsonWriter Encode(IEnumerable<(string Name, ArrayMetadataEntry Array)> arrays)
    {
        PythonJsonWriter json = new();
        json.StartObject();
        json.Name("array_metadatas");
        json.StartArray();
        foreach ((string name, ArrayMetadataEntry array) in arrays)
        {
            json.StartObject();
            json.Name("array_metadata");
            json.StartObject();
            json.Name("param_name");
            json.String(name);
            json.Name("write_shape");
            json.Shape(array.WriteShape);
            json.Name("chunk_shape");
            json.Shape(array.ChunkShape);
            json.Name("ext_metadata");
            EncodeExtension(json, array.KeyImplementation);
            json.EndObject();
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
        return json;
    }

    private static void EncodeExtension(PythonJsonWriter json, string? keyImplementation)
    {
        if (keyImplementation is null)
        {
            json.Null();
            return;
        }

        json.StartObject();
        json.Name("random_key_impl");
        json.String(keyImplementation);
        json.EndObject();
    }

    private static void Decode(ReadOnlySpan<byte> utf8, Dictionary<string, ArrayMetadataEntry> into)
    {
        Utf8JsonReader reader = new(utf8, PythonJson.ReaderOptions);
        RecentValues recent = new();
        into.EnsureCapacity(utf8.Length / MinEntryLength);
        reader.Read();
        JsonTokens.Expect(ref reader, JsonTokenType.StartObject, "array metadata");
        while (JsonTokens.NextMember(ref reader))
        {
            bool isList = reader.ValueTextEquals("array_metadatas"u8);
            reader.Read();
            if (!isList)
            {
                reader.Skip();
                continue;
            }

            JsonTokens.Expect(ref reader, JsonTokenType.StartArray, "array_metadatas");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                JsonTokens.Expect(ref reader, JsonTokenType.StartObject, "an entry of array_metadatas");
                while (JsonTokens.NextMember(ref reader))
                {
                    bool isEntry = reader.ValueTextEquals("array_metadata"u8);
                    reader.Read();
                    if (isEntry)
                    {
                        DecodeEntry(ref reader, recent, into);
                    }
                    else
                    {
                        reader.Skip();
                    }
                }
            }
        }
    }

    private static void DecodeEntry(ref Utf8JsonReader reader, RecentValues recent, Dictionary<string, ArrayMetadataEntry> into)
    {
        JsonTokens.Expect(ref reader, JsonTokenType.StartObject, "array_metadata");
        string? name = null;
        long[]? writeShape = null;
        long[]? chunkShape = null;
        string? implementation = null;
        while (JsonTokens.NextMember(ref reader))
        {
            if (reader.ValueTextEquals("param_name"u8))
            {
                reader.Read();
                name = reader.GetString();
            }
            else if (reader.ValueTextEquals("write_shape"u8))
            {
                reader.Read();
                writeShape = recent.Shape(ref reader, "write_shape");
            }
            else if (reader.ValueTextEquals("chunk_shape"u8))
            {
                reader.Read();
                chunkShape = recent.Shape(ref reader, "chunk_shape");
            }
            else if (reader.ValueTextEquals("ext_metadata"u8))
            {
                reader.Read();
                implementation = DecodeExtension(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (name is null)
        {
            throw new CorruptDataException("An array has no param_name.", offset: reader.TokenStartIndex);
        }

        into.TryAdd(name, new ArrayMetadataEntry(writeShape, chunkShape, implementation));
    }

    private static string? DecodeExtension(ref Utf8JsonReader reader)
    {
        string? implementation = null;
        if (reader.TokenType != JsonTokenType.Null)
        {
            JsonTokens.Expect(ref reader, JsonTokenType.StartObject, "ext_metadata");
            while (JsonTokens.NextMember(ref reader))
            {
                bool isImplementation = reader.ValueTextEquals("random_key_impl"u8);
                reader.Read();
                if (isImplementation)
                {
                    implementation = reader.GetString();
                }
                else
                {
                    reader.Skip();
                }
            }
        }

        return implementation;
    }
}

/// <summary>What a process recorded of an array that it wrote.</summary>
/// <param name="WriteShape">The shape of a shard.</param>
/// <param name="ChunkShape">The shape of a chunk.</param>
/// <param name="KeyImplementation">The implementation of the PRNG whose keys the array holds; null for every other array.</param>
internal readonly record struct ArrayMetadataEntry(long[]? WriteShape, long[]? ChunkShape, string? KeyImplementation);
