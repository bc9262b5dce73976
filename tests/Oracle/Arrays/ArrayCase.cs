using System.Text.Json;
using System.Text.Json.Nodes;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>Who writes or reads an array.</summary>
internal enum ArrayLibrary
{
    /// <summary>These libraries.</summary>
    Ours,

    /// <summary>TensorStore.</summary>
    TensorStore,

    /// <summary>zarr-python.</summary>
    ZarrPython,
}

/// <summary>A change of an array. What exactly is changed follows from the number and the shape at that time.</summary>
/// <param name="By">Who does it.</param>
/// <param name="IsResize">Whether extents are changed; otherwise a region is written.</param>
/// <param name="Number">The seed.</param>
internal sealed record ArrayStep(ArrayLibrary By, bool IsResize, int Number);

/// <summary>An array and what is done to it.</summary>
internal sealed record ArrayCase
{
    /// <summary>2 or 3.</summary>
    public required int Version { get; init; }

    /// <summary>The type of the elements.</summary>
    public required ArrayElement Element { get; init; }

    /// <summary>The content of <c>.zarray</c> or <c>zarr.json</c> that is asked for, as a text, so that it is not changed by accident.</summary>
    public required string Metadata { get; init; }

    /// <summary>The bytes of the fill value; null where the libraries are only compared with one another.</summary>
    public required byte[]? Fill { get; init; }

    /// <summary>Whether a filter keeps only small whole numbers.</summary>
    public required bool IsSmall { get; init; }

    /// <summary>Who creates the array that the steps change.</summary>
    public required ArrayLibrary Creator { get; init; }

    /// <summary>The changes.</summary>
    public required IReadOnlyList<ArrayStep> Steps { get; init; }

    /// <summary>The metadata as JSON.</summary>
    public JsonObject Json => JsonNode.Parse(Metadata)!.AsObject();

    /// <summary>The shape at first.</summary>
    public long[] Shape => [.. Json["shape"]!.AsArray().Select(extent => extent!.GetValue<long>())];

    /// <summary>The extents of what is stored under a key.</summary>
    public long[] ChunkShape =>
        [.. (Version == 2 ? Json["chunks"] : Json["chunk_grid"]!["configuration"]!["chunk_shape"])!.AsArray().Select(extent => extent!.GetValue<long>())];

    /// <summary>The names of all codecs, those of inner chunks and of indices too.</summary>
    public IReadOnlyList<string> CodecNames => [.. Codecs().Select(codec => codec.GetProperty(Version == 2 ? "id" : "name").GetString()!)];

    /// <summary>All codecs, those of inner chunks and of indices too.</summary>
    public IEnumerable<JsonElement> Codecs()
    {
        JsonElement json = JsonDocument.Parse(Metadata).RootElement;
        if (Version == 3)
        {
            return Flatten(json.GetProperty("codecs"));
        }

        JsonElement filters = json.GetProperty("filters");
        JsonElement compressor = json.GetProperty("compressor");
        JsonElement[] last = compressor.ValueKind == JsonValueKind.Object ? [compressor] : [];
        return [.. filters.ValueKind == JsonValueKind.Array ? filters.EnumerateArray() : default, .. last];
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"zarr {Version}, {Element.Name}, created by {Creator}: {Metadata}\n"
        + string.Concat(Steps.Select(step => $"  {step.By} {(step.IsResize ? "resizes" : "writes")} {step.Number}\n"));

    private static IEnumerable<JsonElement> Flatten(JsonElement codecs)
    {
        foreach (JsonElement codec in codecs.EnumerateArray())
        {
            yield return codec;
            if (codec.GetProperty("name").GetString() == "sharding_indexed")
            {
                foreach (string name in new[] { "codecs", "index_codecs" })
                {
                    foreach (JsonElement inner in codec.GetProperty("configuration").TryGetProperty(name, out JsonElement list) ? Flatten(list) : [])
                    {
                        yield return inner;
                    }
                }
            }
        }
    }
}
