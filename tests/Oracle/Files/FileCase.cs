using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>An array of a file.</summary>
/// <param name="Path">The keys that lead to it in a tree; with dots between them its name.</param>
/// <param name="Element">The type of the elements.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Data">The elements, little-endian, in C order.</param>
internal sealed record FileArray(IReadOnlyList<string> Path, ArrayElement Element, long[] Shape, byte[] Data)
{
    /// <summary>The name.</summary>
    public string Name => string.Join('.', Path);

    /// <summary>What Python is told.</summary>
    public JsonNode ToJson() => new JsonObject
    {
        ["name"] = Name,
        ["path"] = new JsonArray([.. Path.Select(key => (JsonNode)key)]),
        ["dtype"] = Element.Name,
        ["shape"] = ArrayCases.Numbers(Shape),
        ["data"] = Convert.ToBase64String(Data),
    };

    /// <inheritdoc/>
    public override string ToString() => $"\"{Name}\" {Element.Name} [{string.Join(", ", Shape)}]";
}

/// <summary>Arrays of one file or checkpoint, and how they are stored.</summary>
internal sealed record FileCase
{
    private static readonly string[] Keys =
    [
        "a", "b", "kernel", "0", "17", "x y", "w/q", "\u00fc\u6f22\ud83d\ude00", "q\"u'o", "b\\s", "%41", "..", "", "A:B*?", "a_very_long_name_" + new string('n', 90),
    ];

    private static readonly string[] Formats = [".safetensors", ".npz", ".npy"];

    /// <summary>The ending of the file.</summary>
    public required string Format { get; init; }

    /// <summary>The arrays.</summary>
    public required IReadOnlyList<FileArray> Arrays { get; init; }

    /// <summary>Texts beside them.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Texts { get; init; }

    /// <summary>Whether types that the format does not have may be converted.</summary>
    public bool Convert { get; init; }

    /// <summary>Whether the archive is compressed.</summary>
    public bool IsCompressed { get; init; }

    /// <summary>Whether NumPy stores the last axis outermost.</summary>
    public bool IsFortran { get; init; }

    /// <summary>Whether NumPy stores the most significant byte first.</summary>
    public bool IsBig { get; init; }

    /// <summary>What Python is told of the arrays.</summary>
    public JsonArray ToJson() => [.. Arrays.Select(array => array.ToJson())];

    /// <summary>The texts as an object.</summary>
    public JsonObject TextsToJson()
    {
        JsonObject json = [];
        foreach ((string name, string text) in Texts)
        {
            json[name] = text;
        }

        return json;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Format}{(Convert ? " converted" : "")}{(IsCompressed ? " compressed" : "")}{(IsFortran ? " Fortran" : "")}{(IsBig ? " big-endian" : "")}\n"
        + string.Concat(Arrays.Select(array => $"  {array}\n")) + TextsToJson().ToJsonString();

    /// <summary>Random cases, which shrink to fewer arrays.</summary>
    /// <param name="anyType">Whether arrays may be of types that the format does not have.</param>
    public static Arbitrary<FileCase> Arbitrary(bool anyType) =>
        Arb.From(Gen.Choose(0, int.MaxValue).Select(seed => Make(new Random(seed), anyType)), Shrink);

    /// <summary>Whether a format has a type.</summary>
    public static bool Has(string format, ArrayElement element) => format == ".safetensors"
        ? (element.IsNumpy && element.Name != "complex128")
            || element.Name is "bfloat16" or "float8_e4m3fn" or "float8_e5m2" or "float8_e4m3fnuz" or "float8_e5m2fnuz"
        : element.IsNumpy;

    private static IEnumerable<FileCase> Shrink(FileCase value)
    {
        for (int i = 0; i < value.Arrays.Count && value.Arrays.Count > 1; i++)
        {
            yield return value with { Arrays = [.. value.Arrays.Where((_, index) => index != i)] };
        }

        if (value.Texts.Count > 0)
        {
            yield return value with { Texts = [] };
        }
    }

    private static FileCase Make(Random random, bool anyType)
    {
        string format = Formats[random.Next(Formats.Length)];
        ArrayElement[] elements =
        [
            .. ArrayElement.All.Where(element => Has(format, element)
                || (anyType && random.Next(4) == 0 && element.Name is not ("V3" or "S5" or "pair" or "record" or "U3" or "M8" or "int2" or "uint2" or "uint4"))),
        ];
        List<FileArray> arrays = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        int count = format == ".npy" && !anyType ? 1 : random.Next(1, 7);
        while (arrays.Count < count)
        {
            string[] path = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Keys[random.Next(Keys.Length)])];
            string name = string.Join('.', path);

            // No name leads on from another, and none is that of a file within the archive for itself.
            if (name == "file" || names.Any(other => (other + ".").StartsWith(name + ".", StringComparison.Ordinal)
                || (name + ".").StartsWith(other + ".", StringComparison.Ordinal)))
            {
                continue;
            }

            names.Add(name);
            ArrayElement element = elements[random.Next(elements.Length)];
            long[] shape = [.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)(!anyType && random.Next(15) == 0 ? 0 : random.Next(1, 9)))];
            arrays.Add(new FileArray(path, element, shape, element.Values(shape.Aggregate(1L, (product, extent) => product * extent), random, small: false)));
        }

        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        for (int i = random.Next(3); format == ".safetensors" && i > 0; i--)
        {
            string name = "text " + Keys[random.Next(Keys.Length)].Replace('.', '_');
            texts[name] = random.Next(4) == 0 ? "" : "pt \u00e9\u6f22\n\"" + random.Next();
        }

        return new FileCase
        {
            Format = format,
            Arrays = arrays,
            Texts = [.. texts],
            Convert = random.Next(2) == 0,
            IsCompressed = random.Next(2) == 0,
            IsFortran = random.Next(3) == 0,
            IsBig = random.Next(4) == 0,
        };
    }
}
