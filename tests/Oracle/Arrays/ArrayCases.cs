using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>Random arrays.</summary>
internal static class ArrayCases
{
    private const int MaxElements = 3000;

    /// <summary>Random cases, which shrink to fewer steps, simpler codecs and smaller extents.</summary>
    public static Arbitrary<ArrayCase> Arbitrary() =>
        Arb.From(Gen.Choose(0, int.MaxValue).Select(seed => Make(new Random(seed))), Shrink);

    private static ArrayCase Make(Random random)
    {
        int version = random.Next(5) < 2 ? 2 : 3;
        ArrayElement[] elements = [.. ArrayElement.All.Where(element => (version == 2 ? element.V2 : element.V3) is not null)];
        ArrayElement element = elements[random.Next(elements.Length)];
        long[] shape = Shape(random);
        (JsonNode? fillJson, byte[]? fill) = element.Fill(version, random);
        ArrayCodecs codecs = new(random, element);
        JsonObject metadata = version == 2 ? V2(random, element, shape, fillJson, codecs) : V3(random, element, shape, fillJson, codecs);
        if (codecs.IsSmall)
        {
            // Next to other values the small ones are lost.
            metadata["fill_value"] = element.Zero(version);
            fill = new byte[element.Size];
        }

        ArrayStep[] steps =
        [
            .. Enumerable.Range(0, random.Next(1, 6)).Select(_ => new ArrayStep((ArrayLibrary)random.Next(3), random.Next(4) == 0, random.Next())),
        ];
        return new ArrayCase
        {
            Version = version,
            Element = element,
            Metadata = metadata.ToJsonString(),
            Fill = fill,
            IsSmall = codecs.IsSmall,
            Creator = (ArrayLibrary)random.Next(3),
            Steps = steps,
        };
    }

    private static long[] Shape(Random random)
    {
        long[] shape = new long[random.Next(7)];
        long left = MaxElements;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            shape[axis] = random.Next(30) == 0 ? 0 : random.Next(1, (int)Math.Clamp(left, 1, shape.Length < 3 ? 60 : 9) + 1);
            left /= Math.Max(1, shape[axis]);
        }

        return shape;
    }

    private static long Extent(Random random, long extent) => random.Next(3) switch
    {
        0 => Math.Max(1, extent),
        1 => random.NextInt64(1, extent + 3),
        _ => random.NextInt64(1, Math.Max(2, (extent / 2) + 2)),
    };

    private static JsonObject V2(Random random, ArrayElement element, long[] shape, JsonNode? fill, ArrayCodecs codecs)
    {
        string dtype = element.IsNumpy && random.Next(3) == 0 ? element.V2!.Replace('<', '>') : element.V2!;
        JsonObject metadata = new()
        {
            ["zarr_format"] = 2,
            ["shape"] = Numbers(shape),
            ["chunks"] = Numbers([.. shape.Select(extent => Extent(random, extent))]),
            ["dtype"] = JsonNode.Parse(dtype),
            ["fill_value"] = fill,
            ["order"] = random.Next(3) == 0 && shape.Length > 1 ? "F" : "C",
        };
        (metadata["filters"], metadata["compressor"]) = codecs.V2(JsonNode.Parse(dtype)!);
        if (random.Next(3) > 0)
        {
            metadata["dimension_separator"] = random.Next(2) == 0 ? "/" : ".";
        }

        return metadata;
    }

    private static JsonObject V3(Random random, ArrayElement element, long[] shape, JsonNode? fill, ArrayCodecs codecs)
    {
        long[] chunk = [.. shape.Select(extent => Extent(random, extent))];
        JsonArray list = codecs.V3(ref chunk);
        JsonObject metadata = new()
        {
            ["zarr_format"] = 3,
            ["node_type"] = "array",
            ["shape"] = Numbers(shape),
            ["data_type"] = JsonNode.Parse(element.V3!),
            ["chunk_grid"] = new JsonObject { ["name"] = "regular", ["configuration"] = new JsonObject { ["chunk_shape"] = Numbers(chunk) } },
            ["chunk_key_encoding"] = new JsonObject
            {
                ["name"] = random.Next(3) == 0 ? "v2" : "default",
                ["configuration"] = new JsonObject { ["separator"] = random.Next(2) == 0 ? "/" : "." },
            },
            ["fill_value"] = fill,
            ["codecs"] = list,
        };
        if (shape.Length > 0 && random.Next(4) == 0)
        {
            metadata["dimension_names"] = new JsonArray([.. shape.Select((_, axis) => random.Next(3) == 0 && axis > 0 ? null : (JsonNode)$"axis {axis} \u00e9\u6f22")]);
        }

        if (random.Next(4) == 0)
        {
            metadata["attributes"] = new JsonObject { ["units"] = "m/s", ["nested"] = new JsonObject { ["list"] = new JsonArray(1, 2.5, null, "\u00fc") } };
        }

        return metadata;
    }

    /// <summary>A list of numbers.</summary>
    public static JsonArray Numbers(IEnumerable<long> numbers) => [.. numbers.Select(number => (JsonNode)number)];

    private static IEnumerable<ArrayCase> Shrink(ArrayCase value)
    {
        for (int i = 0; i < value.Steps.Count; i++)
        {
            yield return value with { Steps = [.. value.Steps.Where((_, index) => index != i)] };
        }

        foreach (string member in new[] { "attributes", "dimension_names", "dimension_separator" })
        {
            if (value.Json.ContainsKey(member))
            {
                yield return Changed(value, json => json.Remove(member));
            }
        }

        if (value.Version == 2)
        {
            foreach (string member in new[] { "compressor", "filters" })
            {
                if (value.Json[member] is not null)
                {
                    yield return Changed(value, json => json[member] = null);
                }
            }
        }
        else
        {
            for (int i = 0; i < value.Json["codecs"]!.AsArray().Count; i++)
            {
                string name = value.Json["codecs"]![i]!["name"]!.GetValue<string>();
                if (name == "sharding_indexed")
                {
                    yield return Changed(value, json => json["codecs"]![i] = JsonNode.Parse("{\"name\":\"bytes\",\"configuration\":{\"endian\":\"little\"}}"));
                }
                else if (name != "bytes")
                {
                    yield return Changed(value, json => json["codecs"]!.AsArray().RemoveAt(i));
                }
            }
        }

        for (int axis = 0; axis < value.Shape.Length; axis++)
        {
            if (value.Shape[axis] > 1)
            {
                yield return Changed(value, json => json["shape"]![axis] = value.Shape[axis] / 2);
            }
        }
    }

    private static ArrayCase Changed(ArrayCase value, Action<JsonObject> change)
    {
        JsonObject json = value.Json;
        change(json);
        return value with { Metadata = json.ToJsonString() };
    }
}
