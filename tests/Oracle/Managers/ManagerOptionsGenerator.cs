using System.Text.Json.Nodes;

namespace OcdbtSharp.Oracle.Tests.Managers;

/// <summary>Random options of a manager, by the names of Orbax.</summary>
internal sealed class ManagerOptionsGenerator(Random random)
{
    private static readonly string?[] Prefixes = ["ckpt", "step", "a-b", ""];

    public JsonObject Next()
    {
        JsonObject options = [];
        bool isV1 = Chance(20);
        if (isV1)
        {
            options["v1"] = true;
        }

        Set(options, "composite", 25, () => true);
        Set(options, "cleanup_tmp_directories", 25, () => true);
        Set(options, "root_metadata", 30, () => new JsonObject { ["name"] = "run", ["n"] = random.Next(9) });
        AddPreservation(options, onlyPolicies: isV1);
        AddDecision(options, onlyPolicies: isV1);
        AddNames(options, onlyFormats: isV1);
        if (isV1)
        {
            return options;
        }

        Set(options, "enable_async_checkpointing", 50, () => false);
        Set(options, "enable_background_delete", 10, () => true);
        Set(options, "todelete_subdir", 15, () => "trash");
        Set(options, "save_root_metadata", 5, () => false);
        if (!options.ContainsKey("step_name_format"))
        {
            Set(options, "single_host_load_and_broadcast", 20, () => true);
            Set(options, "atomicity", 30, () => Chance(70) ? "commit_file" : "atomic_rename");
            Set(options, "allow_legacy", options.ContainsKey("atomicity") ? 30 : 0, () => true);
        }

        if (!KnownManagerDifferences.FailsWithoutSteps(options))
        {
            Set(options, "preempted", 20, () => Numbers(2, 20));
        }

        if (KnownManagerDifferences.RemovesForeignFolders(options))
        {
            options.Remove("cleanup_tmp_directories");
        }

        return options;
    }

    private void AddPreservation(JsonObject options, bool onlyPolicies)
    {
        if (onlyPolicies || Chance(40))
        {
            Set(options, "preservation_policy", onlyPolicies ? 80 : 100, () => Preservation(2));
            Set(options, "best", onlyPolicies ? 0 : 30, () => true);
        }
        else
        {
            Set(options, "max_to_keep", 60, () => random.Next(5));
            Set(options, "keep_period", 30, () => random.Next(1, 6));
            Set(options, "keep_time_interval", 30, () => random.Next(0, 160) / 2.0);
            Set(options, "best", 50, () => true);
            Set(options, "keep_checkpoints_without_metrics", 40, () => false);
        }

        Set(options, "best_mode", options.ContainsKey("best") ? 50 : 0, () => "min");
    }

    private JsonObject Preservation(int depth) => random.Next(depth > 0 ? 10 : 8) switch
    {
        0 => new() { ["kind"] = "LatestN", ["n"] = Optional(random.Next(5)) },
        1 => new() { ["kind"] = "EveryNSeconds", ["interval_secs"] = random.Next(100) },
        2 => new() { ["kind"] = "EveryNSteps", ["interval_steps"] = random.Next(1, 6), ["exact_interval"] = Chance(50), ["max_to_keep"] = Optional(random.Next(1, 4)) },
        3 => new() { ["kind"] = "EveryNStepsClosest", ["interval_steps"] = random.Next(1, 8), ["max_to_keep"] = Optional(random.Next(1, 4)) },
        4 => new() { ["kind"] = "CustomSteps", ["steps"] = Numbers(6, 30) },
        5 => new() { ["kind"] = "LatestDuration", ["seconds"] = random.Next(200) / 2.0 },
        6 => new() { ["kind"] = "BestN", ["n"] = Optional(random.Next(4)), ["reverse"] = Chance(50), ["keep_without_metrics"] = Chance(50) },
        7 => new() { ["kind"] = "PreserveAll" },
        _ => new() { ["kind"] = "AnyPreservationPolicy", ["policies"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Preservation(depth - 1))]) },
    };

    private void AddDecision(JsonObject options, bool onlyPolicies)
    {
        if (onlyPolicies || Chance(30))
        {
            Set(options, "save_decision_policy", onlyPolicies ? 60 : 100, () => Decision(2));
            return;
        }

        Set(options, "save_interval_steps", 30, () => random.Next(1, 5));
        Set(options, "save_on_steps", 30, () => Numbers(5, 30));
        Set(options, "should_save_every", 15, () => random.Next(1, 5));
    }

    private JsonObject Decision(int depth) => random.Next(depth > 0 ? 8 : 5) switch
    {
        0 => new() { ["kind"] = "FixedIntervalPolicy", ["interval"] = random.Next(1, 4) },
        1 => new() { ["kind"] = "SpecificStepsPolicy", ["steps"] = Numbers(15, 30) },
        2 => new() { ["kind"] = "ContinuousCheckpointingPolicy", ["minimum_interval_secs"] = Optional(random.Next(60)) },
        3 => new() { ["kind"] = "PreemptionCheckpointingPolicy" },
        4 => new() { ["kind"] = "InitialSavePolicy" },
        _ => new() { ["kind"] = "AnySavePolicy", ["policies"] = new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Decision(depth - 1))]) },
    };

    private void AddNames(JsonObject options, bool onlyFormats)
    {
        if (onlyFormats || Chance(20))
        {
            Set(options, "step_name_format", onlyFormats ? 50 : 100, () => Chance(40) ? Format() : new JsonArray(Format(), Format(), Format()));
            return;
        }

        Set(options, "step_prefix", 30, () => Prefixes[random.Next(Prefixes.Length)]);
        Set(options, "step_format_fixed_length", 30, () => random.Next(5));
    }

    private JsonObject Format() => new() { ["prefix"] = Chance(50) ? Prefixes[random.Next(Prefixes.Length)] : null, ["fixed_length"] = Optional(random.Next(5)) };

    private JsonArray Numbers(int most, int below) => new([.. Enumerable.Range(0, random.Next(most + 1)).Select(_ => (JsonNode)random.Next(below))]);

    private JsonNode? Optional(int value) => Chance(75) ? value : null;

    private bool Chance(int percent) => random.Next(100) < percent;

    private void Set(JsonObject options, string name, int percent, Func<JsonNode?> value)
    {
        if (Chance(percent))
        {
            options[name] = value();
        }
    }
}
