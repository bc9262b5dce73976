using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Oracle.Tests.Managers;

/// <summary>Our manager, opened and asked in the words in which Orbax's is.</summary>
internal sealed class OurManager : IAsyncDisposable
{
    private readonly CheckpointManager _manager;
    private readonly bool _composite;
    private readonly bool _isV1;

    private OurManager(CheckpointManager manager, JsonObject options)
    {
        _manager = manager;
        _composite = (bool?)options["composite"] ?? false;
        _isV1 = (bool?)options["v1"] ?? false;
    }

    public static async Task<OurManager> OpenAsync(string root, JsonObject options, TimeProvider clock)
    {
        JsonElement? metadata = options["root_metadata"] is { } given ? Element(given) : null;
        return new OurManager(await CheckpointManager.OpenAsync(root, Options(options, clock), metadata), options);
    }

    /// <summary>Acts, and tells what came of it and what the manager says afterwards.</summary>
    public async Task<JsonObject> ActAsync(JsonObject action)
    {
        JsonNode? result;
        try
        {
            result = await DoAsync(action);
        }
        catch (Exception error) when (error is ArgumentException or OcdbtSharpException)
        {
            result = new JsonObject { ["refused"] = error.GetType().Name + ": " + error.Message };
        }

        JsonObject state = State();
        state.Insert(0, "result", result);
        return state;
    }

    public JsonObject State() => new()
    {
        ["steps"] = new JsonArray([.. _manager.AllSteps.Select(step => (JsonNode)step)]),
        ["times"] = new JsonArray([.. _manager.Checkpoints.Select(checkpoint => (JsonNode)((checkpoint.Time - DateTimeOffset.UnixEpoch).Ticks / 10))]),
        ["known_metrics"] = new JsonArray([.. _manager.Checkpoints.Select(checkpoint => Node(checkpoint.Metrics))]),
        ["latest"] = _manager.LatestStep,
        ["best"] = _manager.BestStep,
    };

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    private static CheckpointManagerOptions Options(JsonObject options, TimeProvider clock)
    {
        bool isV1 = (bool?)options["v1"] ?? false;
        return new CheckpointManagerOptions
        {
            TimeProvider = clock,
            UseV1 = isV1,
            SaveIntervalSteps = options.ContainsKey("save_interval_steps") ? (long?)options["save_interval_steps"] : 1,
            SaveOnSteps = options["save_on_steps"] is JsonArray steps ? [.. steps.Select(step => (long)step!)] : [],
            ShouldSave = options["should_save_every"] is { } every ? (step, last) => step - (last ?? 0) >= (long)every : null,
            SaveDecisionPolicy = options["save_decision_policy"] is { } decision ? ManagerPolicies.Decision(decision)
                : isV1 ? SaveDecisionPolicy.AnySave(SaveDecisionPolicy.InitialSave, SaveDecisionPolicy.ContinuousCheckpointing(), SaveDecisionPolicy.PreemptionCheckpointing)
                : null,
            MaxToKeep = (int?)options["max_to_keep"],
            KeepPeriod = (long?)options["keep_period"],
            KeepTimeInterval = options["keep_time_interval"] is { } seconds ? TimeSpan.FromSeconds((double)seconds) : null,
            BestFunction = (bool?)options["best"] == true ? ManagerPolicies.Loss : null,
            BestMode = (string?)options["best_mode"] == "min" ? BestMode.Min : BestMode.Max,
            KeepCheckpointsWithoutMetrics = (bool?)options["keep_checkpoints_without_metrics"] ?? true,
            PreservationPolicy = options["preservation_policy"] is { } preservation ? ManagerPolicies.Preservation(preservation, clock) : null,
            StepNameFormat = options["step_name_format"] is { } format ? Format(format)
                : StepNameFormat.Standard((string?)options["step_prefix"], (int?)options["step_format_fixed_length"]),
            Create = (bool?)options["create"] ?? true,
            CleanupTemporaryFolders = (bool?)options["cleanup_tmp_directories"] ?? false,
            ReadOnly = (bool?)options["read_only"] ?? false,
            ToDeleteFolder = (string?)options["todelete_subdir"],
            BackgroundDelete = (bool?)options["enable_background_delete"] ?? false,
            AsyncSave = (bool?)options["enable_async_checkpointing"] ?? true,
            SaveRootMetadata = (bool?)options["save_root_metadata"] ?? true,
            ReachedPreemption = options["preempted"] is JsonArray preempted ? step => preempted.Any(at => (long)at! == step) : null,
            Atomicity = (string?)options["atomicity"] switch
            {
                "commit_file" => AtomicityMode.CommitFile,
                "atomic_rename" => AtomicityMode.AtomicRename,
                _ => AtomicityMode.Auto,
            },
            AllowLegacyAtomicRename = (bool?)options["allow_legacy"] ?? false,
        };
    }

    private static StepNameFormat Format(JsonNode spec)
    {
        if (spec is not JsonArray formats)
        {
            return StepNameFormat.Standard((string?)spec["prefix"], (int?)spec["fixed_length"]);
        }

        StepNameFormat[] all = [.. formats.Select(inner => Format(inner!))];
        return StepNameFormat.Composite(all[0], all);
    }

    private static JsonElement Element(JsonNode node) => JsonDocument.Parse(node.ToJsonString()).RootElement;

    private static JsonNode? Node(JsonElement? element) => element is { } value ? JsonNode.Parse(value.GetRawText()) : null;

    private static PyTree Tree(long step) => PyTree.Dict(
        ("w", (PyTree)ArrayValue.Create<float>([step, step + 1, step + 2, step + 3], 4)),
        ("n", (PyTree)ArrayValue.Create([(int)step], 1)));

    private async Task<JsonNode?> DoAsync(JsonObject action)
    {
        long? step = (long?)action["step"];
        if ((string)action["do"]! == "save")
        {
            return await SaveAsync(step!.Value, action);
        }

        await _manager.WaitUntilFinishedAsync();
        switch ((string)action["do"]!)
        {
            case "delete":
                await _manager.DeleteAsync(step!.Value);
                return null;
            case "reload":
                await _manager.ReloadAsync();
                return null;
            case "restore":
                using (RestoredTree tree = await _manager.RestoreAsync(step, _composite ? "state" : null))
                {
                    return tree["w"].AsSpan<float>()[0];
                }

            case "metrics":
                JsonArray metrics = [];
                foreach (long known in _manager.AllSteps)
                {
                    metrics.Add(Node(await _manager.MetricsAsync(known)));
                }

                return metrics;
            case "should_save":
                return _manager.ShouldSave(step!.Value);
            case "root_metadata":
                return Node(_manager.RootMetadata) ?? new JsonObject();
            default:
                return null;
        }
    }

    private async Task<bool> SaveAsync(long step, JsonObject action)
    {
        JsonElement? metrics = action["metrics"] is { } measured ? Element(measured) : null;
        JsonElement? custom = action["custom_metadata"] is { } given ? Element(given) : null;
        bool force = (bool?)action["force"] ?? false;
        bool saved = !_composite
            ? await _manager.SaveAsync(step, Tree(step), metrics, custom, force)
            : await _manager.SaveAsync(step, Items(step), metrics, custom, force);
        if ((bool?)action["wait"] ?? true)
        {
            await _manager.WaitUntilFinishedAsync();
        }

        return saved;
    }

    private KeyValuePair<string, ItemToSave>[] Items(long step) =>
    [
        KeyValuePair.Create("state", ItemToSave.Standard(Tree(step))),
        KeyValuePair.Create("info", _isV1 ? ItemToSave.Standard(Tree(step)) : ItemToSave.Json(Element(new JsonObject { ["step"] = step }))),
    ];
}
