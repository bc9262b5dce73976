using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace OcdbtSharp.Oracle.Tests.Managers;

/// <summary>The options of a manager, and what happens to it.</summary>
/// <param name="Options">The options by the names of Orbax.</param>
/// <param name="Actions">Each says what is done (<c>do</c>), and how many seconds pass before it (<c>after</c>).</param>
internal sealed record ManagerHistory(JsonObject Options, IReadOnlyList<JsonObject> Actions)
{
    private static readonly double[] Pauses = [0, 0, 0, 0.5, 1, 10, 30.25, 60, 200];
    private static readonly string[] NotNumbers = ["NaN", "NaN", "Infinity", "-Infinity"];
    private static readonly string[] Outside = ["remove", "copy", "unfinished", "junk", "file", "forget_time"];

    /// <summary>Random histories; they shrink by leaving out actions and options.</summary>
    public static Arbitrary<ManagerHistory> Arbitrary => Arb.From(Gen.Choose(0, int.MaxValue).Select(seed => Create(new Random(seed))), Shrink);

    /// <inheritdoc/>
    public override string ToString() => Options.ToJsonString() + "\n" + string.Join('\n', Actions.Select(action => action.ToJsonString()));

    private static ManagerHistory Create(Random random)
    {
        JsonObject options = new ManagerOptionsGenerator(random).Next();
        int count = random.Next(4, 16);
        bool measures = options.ContainsKey("best") || options.ToJsonString().Contains("BestN", StringComparison.Ordinal) || random.Next(4) == 0;
        List<JsonObject> actions = [];
        HashSet<int> used = [];
        int last = random.Next(3);
        for (int index = 0; index < count; index++)
        {
            JsonObject action = index == count / 2 ? new() { ["do"] = "swap" } : random.Next(100) switch
            {
                < 58 => Save(random, options, used, ref last, measures),
                < 68 => new() { ["do"] = "delete", ["pick"] = random.Next(9) - 1 },
                < 73 => new() { ["do"] = "reload" },
                < 80 => new() { ["do"] = "restore", ["pick"] = random.Next(9) - 2 },
                < 83 => new() { ["do"] = "metrics" },
                < 86 => new() { ["do"] = "should_save", ["step"] = random.Next(40) },
                < 88 => new() { ["do"] = "root_metadata" },
                < 93 => new() { ["do"] = "reopen", ["read_only"] = random.Next(4) == 0 },
                _ => new() { ["do"] = "outside", ["what"] = Outside[random.Next(Outside.Length)], ["pick"] = random.Next(9), ["number"] = 500 + index },
            };
            action["after"] = Pauses[random.Next(Pauses.Length)];
            actions.Add(action);
        }

        return new ManagerHistory(options, actions);
    }

    private static JsonObject Save(Random random, JsonObject options, HashSet<int> used, ref int last, bool measures)
    {
        bool force = random.Next(100) < 15;
        int step = force && random.Next(2) == 0 ? random.Next(last + 3) : last + random.Next(1, 4);
        bool again = used.Contains(step) && (KnownManagerDifferences.KeepsOneDeletedStepOfANumber(options) || KnownManagerDifferences.AsksForSaveInProgress(options));
        step = again ? last + 1 : step;
        used.Add(step);
        last = Math.Max(last, step);
        JsonObject save = new() { ["do"] = "save", ["step"] = step, ["force"] = force, ["wait"] = random.Next(4) > 0 };
        if (measures && random.Next(100) < 80)
        {
            save["metrics"] = new JsonObject
            {
                ["loss"] = random.Next(100) < 12 ? NotNumbers[random.Next(NotNumbers.Length)] : random.Next(12) / 4.0,
                ["steps"] = random.Next(1000),
            };
        }

        if (random.Next(3) == 0)
        {
            save["custom_metadata"] = new JsonObject { ["epoch"] = step };
        }

        return save;
    }

    private static IEnumerable<ManagerHistory> Shrink(ManagerHistory history)
    {
        for (int length = history.Actions.Count / 2; length > 0; length /= 2)
        {
            for (int begin = 0; begin + length <= history.Actions.Count; begin += length)
            {
                yield return history with { Actions = [.. history.Actions.Take(begin), .. history.Actions.Skip(begin + length)] };
            }
        }

        foreach (string name in history.Options.Select(option => option.Key))
        {
            JsonObject fewer = (JsonObject)history.Options.DeepClone();
            fewer.Remove(name);
            yield return history with { Options = fewer };
        }
    }
}
