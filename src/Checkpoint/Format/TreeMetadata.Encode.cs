namespace OcdbtSharp.Checkpoint.Format;

internal sealed partial class TreeMetadata
{
    /// <summary>The file's text; the caller disposes of it.</summary>
    public PythonJsonWriter Encode()
    {
        PythonJsonWriter json = new();
        json.StartObject();
        json.Name("tree_metadata");
        json.StartObject();
        foreach (TreeMetadataEntry entry in Entries)
        {
            entry.Encode(json);
        }

        json.EndObject();
        json.Name("use_ocdbt");
        if (UseOcdbt is { } useOcdbt)
        {
            json.Boolean(useOcdbt);
        }
        else
        {
            json.Null();
        }

        json.Name("use_zarr3");
        json.Boolean(UseZarr3);
        json.Name("store_array_data_equal_to_fill_value");
        json.Boolean(StoresFillValue);
        json.Name("custom_metadata");
        json.Element(CustomMetadata.GetValueOrDefault());
        if (RichTree is not null)
        {
            json.Name("value_metadata_tree");
            json.String(RichTree);
        }

        json.EndObject();
        return json;
    }
}

internal readonly partial record struct TreeMetadataEntry
{
    internal void Encode(PythonJsonWriter json)
    {
        json.Name(PythonRepr.Tuple(Path));
        json.StartObject();
        json.Name("key_metadata");
        json.StartArray();
        foreach (TreeKey key in Path)
        {
            json.StartObject();
            json.Name("key");
            json.String(key.Name);
            json.Name("key_type");
            json.Number((int)key.Kind);
            json.EndObject();
        }

        json.EndArray();
        json.Name("value_metadata");
        EncodeValue(json);
        json.EndObject();
    }

    /// <summary>What is recorded of the value alone.</summary>
    internal void EncodeValue(PythonJsonWriter json)
    {
        json.StartObject();
        json.Name("value_type");
        json.String(ValueType);
        json.Name("skip_deserialize");
        json.Boolean(SkipDeserialize);
        if (WriteShape is not null)
        {
            json.Name("write_shape");
            json.Shape(WriteShape);
        }

        json.EndObject();
    }
}
