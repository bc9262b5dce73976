using System.Diagnostics;
using System.Globalization;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Paths;

// Arrays of 4 MiB, compressed as by default, and what is counted on the way.
switch (args)
{
    case ["prepare", string count, _]:
        _ = Tree(count);
        return 0;
    case ["save", string count, string folder]:
        await CheckpointWriter.SaveAsync(folder, Tree(count));
        return 0;
    case ["open", _, string folder]:
        _ = await OpenAsync(folder);
        return 0;
    case ["restore", string count, string folder]:
        CheckpointItem item = await OpenAsync(folder);
        using (RestoredTree tree = await item.RestoreAsync())
        {
            return tree.Leaves.Count == Number(count) ? 0 : throw new UnreachableException();
        }

    case ["types", string title, string before, string after, string beforeTwo, string afterTwo]:
        TypesOnPath.Print(title, (before, after), (beforeTwo, afterTwo));
        return 0;
    default:
        await Console.Error.WriteLineAsync("prepare|save|open|restore ARRAYS FOLDER, or types TITLE BEFORE AFTER BEFORE_OF_TWO AFTER_OF_TWO");
        return 2;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static async Task<CheckpointItem> OpenAsync(string folder) => await (await OrbaxCheckpoint.OpenAsync(folder)).OpenItemAsync();

// Values as those of weights: neighbours differ and nothing repeats.
static PyTree Tree(string count)
{
    Random random = new(1);
    float[] elements = new float[1 << 20];
    for (int i = 0; i < elements.Length; i++)
    {
        elements[i] = (float)(0.02 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
    }

    return PyTree.Dict(Enumerable.Range(0, Number(count)).Select(layer => KeyValuePair.Create(
        string.Create(CultureInfo.InvariantCulture, $"kernel_{layer}"), PyTree.FromArrayValue(ArrayValue.Create(elements, shape: [1024, 1024])))));
}
