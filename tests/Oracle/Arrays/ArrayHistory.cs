using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>
/// One case:
/// 1. each library is asked to create the array in a folder of its own, and the metadata files are compared;
/// 2. the steps change the one that the case names, each by another library, in its turn;
/// 3. each library reads the whole and a region, and each must find what the model holds.
/// A library that refuses what another takes must be named in <see cref="KnownArrayDifferences"/>, and takes no part.
/// </summary>
internal sealed class ArrayHistory : IDisposable
{
    private static readonly ArrayLibrary[] Libraries = [ArrayLibrary.Ours, ArrayLibrary.TensorStore, ArrayLibrary.ZarrPython];
    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();
    private readonly ArrayCase _case;
    private readonly Dictionary<ArrayLibrary, string> _refusals = [];
    private readonly List<(ArrayLibrary By, JsonObject Step)> _waiting = [];
    private readonly List<JsonElement> _read = [];
    private ArrayLibrary _creator;

    private ArrayHistory(ArrayCase value) => _case = value;

    /// <summary>Runs a case, and throws where libraries differ.</summary>
    public static void Run(ArrayCase value)
    {
        using ArrayHistory history = new(value);
        history.Create();
        history.Change();
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private string Folder(ArrayLibrary library) => _folder.Combine(library.ToString());

    private string MetadataFile(ArrayLibrary library) => Path.Combine(Folder(library), _case.Version == 2 ? ".zarray" : "zarr.json");

    private void Create()
    {
        if (KnownArrayDifferences.Dies(ArrayLibrary.TensorStore, _case))
        {
            _refusals[ArrayLibrary.TensorStore] = KnownArrayDifferences.Death;
        }

        ArrayLibrary[] others = [.. Libraries.Skip(1).Where(library => !_refusals.ContainsKey(library))];
        JsonElement[] answers = Ask([.. others.Select(library => Step(library, "create", Folder(library), new() { ["metadata"] = _case.Json }))]);
        foreach ((ArrayLibrary library, JsonElement answer) in others.Zip(answers))
        {
            if (answer.TryGetProperty("error", out JsonElement error))
            {
                _refusals[library] = error.GetString()!;
            }
        }

        try
        {
            OurCreation(Folder(ArrayLibrary.Ours)).AsTask().GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is ArgumentException or UnsupportedFormatException)
        {
            _refusals[ArrayLibrary.Ours] = error.Message;
        }

        ArrayLibrary[] takers = [.. Libraries.Where(library => !_refusals.ContainsKey(library))];
        if (takers.Length == 0)
        {
            Tally.Add("arrays that every library refuses");
            return;
        }

        foreach ((ArrayLibrary library, string message) in _refusals)
        {
            Require(KnownArrayDifferences.Refuses(library, _case, message), $"{string.Join(", ", takers)} take what {library} refuses: {message}");
        }

        CompareMetadata(takers);
    }

    private ValueTask<ZarrArray> OurCreation(string folder) => ZarrArray.CreateAsync(
        new FileKvStore(folder), new ArrayCreateOptions { Metadata = JsonDocument.Parse(_case.Metadata).RootElement });

    private void CompareMetadata(ArrayLibrary[] takers)
    {
        if (!takers.Contains(ArrayLibrary.Ours))
        {
            return;
        }

        JsonNode ours = JsonNode.Parse(File.ReadAllText(MetadataFile(ArrayLibrary.Ours)))!;
        foreach (ArrayLibrary library in takers.Where(library => library != ArrayLibrary.Ours))
        {
            JsonNode theirs = JsonNode.Parse(File.ReadAllText(MetadataFile(library)))!;
            (string expected, string found) = KnownArrayDifferences.Spellings(library, _case, theirs, ours);
            Require(found == expected, $"the metadata differ.\n{library}: {expected}\nOurs: {found}");
            Tally.Add("metadata files of arrays");
        }
    }

    private void Change()
    {
        ArrayLibrary[] takers = [.. Libraries.Where(library => !_refusals.ContainsKey(library) && !KnownArrayDifferences.CannotWrite(library, _case))];
        ArrayLibrary[] writers = [.. takers.Where(library => !KnownArrayDifferences.TakesForFill(library, _case))];
        if (writers.Length == 0)
        {
            return;
        }

        _creator = takers.Contains(_case.Creator) ? _case.Creator : takers[0];
        List<(ArrayLibrary By, bool IsResize, long[] Origin, long[] Shape, int Number)> steps = [];
        long[] shape = _case.Shape;
        long[] capacity = [.. shape];
        foreach (ArrayStep step in _case.Steps)
        {
            Random random = new(step.Number);
            ArrayLibrary by = writers.Contains(step.By) ? step.By : writers[step.Number % writers.Length];
            (long[] origin, long[] extents) = step.IsResize ? ([], NewShape(shape, random)) : Region(shape, random);
            shape = step.IsResize ? extents : shape;
            steps.Add((by, step.IsResize, origin, extents, step.Number));
            capacity = [.. capacity.Zip(shape, Math.Max)];
        }

        ArrayModel model = new(_case.Shape, _case.ChunkShape, capacity, _case.Element.Size, _case.Fill);
        foreach ((ArrayLibrary by, bool isResize, long[] origin, long[] extents, int number) in steps)
        {
            if (isResize)
            {
                Do(by, "resize", new() { ["shape"] = ArrayCases.Numbers(extents) });
                model.Resize(extents);
                continue;
            }

            byte[] data = _case.Element.Values(extents.Aggregate(1L, (product, extent) => product * extent), new Random(number), _case.IsSmall);
            Do(by, "write", new() { ["origin"] = ArrayCases.Numbers(origin), ["shape"] = ArrayCases.Numbers(extents), ["data"] = Convert.ToBase64String(data) });
            model.Write(origin, extents, data);
        }

        Compare(model, takers, Region(model.Shape, new Random(_case.Steps.Count)));
    }

    private void Compare(ArrayModel model, ArrayLibrary[] takers, (long[] Origin, long[] Shape) region)
    {
        ArrayLibrary[] readers = [.. takers.Where(library => !KnownArrayDifferences.CannotRead(library, _case))];
        foreach (ArrayLibrary library in readers.OrderBy(library => library == ArrayLibrary.Ours))
        {
            Do(library, "read", new() { ["origin"] = ArrayCases.Numbers(region.Origin), ["shape"] = ArrayCases.Numbers(region.Shape) });
        }

        Flush();
        byte[]? first = null;
        foreach ((ArrayLibrary library, JsonElement answer) in readers.OrderBy(library => library == ArrayLibrary.Ours).Zip(_read))
        {
            long[] shape = [.. answer.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64())];
            Require(shape.SequenceEqual(model.Shape), $"{library} reads the shape [{string.Join(", ", shape)}] instead of [{string.Join(", ", model.Shape)}]");
            byte[] whole = answer.GetProperty("data").GetBytesFromBase64();
            Require(model.Difference(whole) is null, $"{library} reads an array that {_creator} created: {model.Difference(whole)}");
            byte[] part = ArrayModel.Part(whole, shape, region.Origin, region.Shape, _case.Element.Size);
            Require(answer.GetProperty("part").GetBytesFromBase64().SequenceEqual(part), $"{library} reads a region of an array that {_creator} created");
            if (!KnownArrayDifferences.LosesBitsOfNaN(library, _case))
            {
                first ??= whole;
            }

            Require(first is null || KnownArrayDifferences.LosesBitsOfNaN(library, _case) || whole.SequenceEqual(first), $"{library} reads {Convert.ToHexStringLower(whole)}\nand another {Convert.ToHexStringLower(first ?? [])}");
            Tally.Add($"arrays read by {library}");
        }
    }

    /// <summary>Does a step, or lets it wait until several can be asked for in one question.</summary>
    private void Do(ArrayLibrary by, string what, JsonObject arguments)
    {
        if (by != ArrayLibrary.Ours)
        {
            _waiting.Add((by, Step(by, what, Folder(_creator), arguments)));
            return;
        }

        Flush();
        OurStep(what, arguments).GetAwaiter().GetResult();
    }

    private void Flush()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        foreach (((ArrayLibrary by, JsonObject step), JsonElement answer) in _waiting.Zip(Ask([.. _waiting.Select(entry => entry.Step)])))
        {
            if (answer.TryGetProperty("error", out JsonElement error))
            {
                throw new AssertionException($"{by} cannot {step["do"]} an array that {_creator} created: {error.GetString()}");
            }

            if (step["do"]!.GetValue<string>() == "read")
            {
                _read.Add(answer.GetProperty("ok"));
            }
        }

        _waiting.Clear();
    }

    private async Task OurStep(string what, JsonObject arguments)
    {
        ZarrArray array = await ZarrArray.OpenAsync(new FileKvStore(Folder(_creator)));
        long[] shape = [.. arguments["shape"]!.AsArray().Select(extent => extent!.GetValue<long>())];
        if (what == "resize")
        {
            await array.ResizeAsync(shape);
            return;
        }

        ArrayRegion region = new([.. arguments["origin"]!.AsArray().Select(extent => extent!.GetValue<long>())], shape);
        if (what == "write")
        {
            await array.WriteAsync(Convert.FromBase64String(arguments["data"]!.GetValue<string>()), region);
            return;
        }

        byte[] whole = new byte[array.ByteCount];
        byte[] part = new byte[shape.Aggregate((long)array.DataType.Size, (product, extent) => product * extent)];
        await array.ReadAsync(whole);
        await array.ReadAsync(part, region);
        JsonObject answer = new()
        {
            ["shape"] = ArrayCases.Numbers(array.Shape),
            ["data"] = Convert.ToBase64String(whole),
            ["part"] = Convert.ToBase64String(part),
        };
        _read.Add(JsonDocument.Parse(answer.ToJsonString()).RootElement);
    }

    private JsonObject Step(ArrayLibrary by, string what, string folder, JsonObject arguments)
    {
        arguments["by"] = by == ArrayLibrary.TensorStore ? "tensorstore" : "zarr";
        arguments["do"] = what;
        arguments["path"] = folder;
        arguments["version"] = _case.Version;
        return arguments;
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new AssertionException(message);
        }
    }

    private static JsonElement[] Ask(JsonNode[] steps) =>
        steps.Length == 0 ? [] : [.. Oracle.Ask("arrays", new JsonObject { ["steps"] = new JsonArray(steps) }).EnumerateArray()];

    private static (long[] Origin, long[] Shape) Region(long[] shape, Random random)
    {
        if (random.Next(4) == 0)
        {
            return (new long[shape.Length], shape);
        }

        long[] origin = [.. shape.Select(extent => random.NextInt64(extent + 1))];
        return (origin, [.. shape.Zip(origin, (extent, first) => random.Next(10) == 0 ? 0 : random.NextInt64(Math.Min(1, extent - first), extent - first + 1))]);
    }

    private static long[] NewShape(long[] shape, Random random) => [.. shape.Select(extent => random.Next(3) switch
    {
        0 => extent,
        1 => random.NextInt64(extent + 1),
        _ => extent + random.Next(shape.Length < 3 ? 20 : 3),
    })];
}
