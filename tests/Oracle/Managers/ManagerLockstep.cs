using System.Globalization;
using System.Text.Json.Nodes;

namespace OcdbtSharp.Oracle.Tests.Managers;

/// <summary>Two managers, Orbax's and ours, on two roots: what is done to one is done to the other, and both must say and write the same.</summary>
internal sealed class ManagerLockstep(ManagerHistory history, string theirRoot, string ourRoot)
{
    private static int _managers;
    private readonly StoppedClock _clock = new();
    private readonly int _theirs = Interlocked.Increment(ref _managers);
    private JsonObject _options = Copy(history.Options);
    private string _theirRoot = theirRoot;
    private string _ourRoot = ourRoot;
    private OurManager? _ours;
    private JsonArray _steps = [];
    private bool _isSettled = true;
    private bool _mayMissSteps;

    private bool DeletesInBackground => (bool?)_options["enable_background_delete"] == true;

    /// <summary>Lets everything happen.</summary>
    public async Task RunAsync()
    {
        await OpenAsync();
        try
        {
            foreach (JsonObject action in history.Actions)
            {
                await ActAsync(Copy(action));
            }
        }
        finally
        {
            await CloseAsync();
        }

        CompareFolders("at the end");
    }

    private async Task ActAsync(JsonObject action)
    {
        double pause = (double)action["after"]!;
        string what = (string)action["do"]!;
        if (!_isSettled && (pause > 0 || what != "save"))
        {
            await CompareAsync(new JsonObject { ["do"] = "wait" });
        }

        _clock.Advance(pause);
        action.Remove("after");
        switch (what)
        {
            case "swap":
            case "reopen":
                await CloseAsync();
                CompareFolders("when closed");
                if (what == "swap")
                {
                    (_theirRoot, _ourRoot) = (_ourRoot, _theirRoot);
                }

                _options = Copy(history.Options);
                if ((bool?)action["read_only"] == true && (bool?)_options["v1"] != true)
                {
                    _options["read_only"] = true;
                }

                await OpenAsync();
                return;
            case "outside":
                if (!DeletesInBackground)
                {
                    ActOutside(action);
                    _mayMissSteps |= (string)action["what"]! == "remove";
                    await CompareAsync(new JsonObject { ["do"] = (bool?)_options["v1"] == true ? "reload" : "wait" });
                }

                return;
            case "reload" when DeletesInBackground:
                return;
            case "delete" or "restore":
                if (!Choose(action))
                {
                    return;
                }

                break;
            case "save":
                if (KnownManagerDifferences.IsWrittenReadOnly(_options))
                {
                    action["force"] = false;
                }

                if (KnownManagerDifferences.AsksForSaveInProgress(_options))
                {
                    action["wait"] = true;
                }

                break;
        }

        await CompareAsync(action);
    }

    // A step that there is: Orbax takes a step that is missing for one with items of its own, and then refuses what it accepted before.
    private bool Choose(JsonObject action)
    {
        int pick = (int)action["pick"]!;
        action.Remove("pick");
        bool isDelete = (string)action["do"]! == "delete";
        if (_mayMissSteps && !isDelete)
        {
            return false;
        }

        if (pick < 0)
        {
            if (isDelete)
            {
                action["step"] = 999L;
            }

            return isDelete || _steps.Count > 0;
        }

        if (_steps.Count == 0)
        {
            return false;
        }

        action["step"] = (long)_steps[pick % _steps.Count]!;
        return true;
    }

    private void ActOutside(JsonObject action)
    {
        string number = ((int)action["number"]!).ToString(CultureInfo.InvariantCulture);
        foreach (string root in new[] { _theirRoot, _ourRoot })
        {
            string[] steps = [.. Directory.GetDirectories(root).Where(folder => File.Exists(Path.Combine(folder, "_CHECKPOINT_METADATA"))).Order(StringComparer.Ordinal)];
            string? step = steps.Length == 0 ? null : steps[(int)action["pick"]! % steps.Length];
            switch ((string)action["what"]!)
            {
                case "remove" when step is not null:
                    Directory.Delete(step, recursive: true);
                    break;
                case "copy" when step is not null:
                    string name = Path.GetFileName(step);
                    string prefix = name.TrimEnd("0123456789".ToCharArray());
                    FolderTree.Copy(step, Path.Combine(root, prefix + number.PadLeft(name.Length - prefix.Length, '0')));
                    break;
                case "unfinished":
                    Directory.CreateDirectory(Path.Combine(root, number + ".orbax-checkpoint-tmp"));
                    File.WriteAllText(Path.Combine(root, number + ".orbax-checkpoint-tmp", "half"), "half");
                    break;
                case "junk":
                    Directory.CreateDirectory(Path.Combine(root, "notes_x"));
                    File.WriteAllText(Path.Combine(root, "notes_x", "note"), "note");
                    break;
                case "file":
                    File.WriteAllText(Path.Combine(root, number), "file");
                    break;
                case "forget_time" when step is not null:
                    File.Delete(Path.Combine(step, "_CHECKPOINT_METADATA"));
                    FolderTree.SetTimes(step, DateTimeOffset.FromUnixTimeSeconds(_clock.GetUtcNow().ToUnixTimeSeconds()));
                    break;
            }
        }
    }

    private async Task OpenAsync()
    {
        JsonObject theirs = (JsonObject)JsonNode.Parse(Oracle.Ask("manager_open", new JsonObject
        {
            ["manager"] = _theirs,
            ["root"] = _theirRoot,
            ["options"] = _options.DeepClone(),
            ["now"] = _clock.Nanoseconds,
        }).GetRawText())!;
        _ours = await OurManager.OpenAsync(_ourRoot, _options, _clock);
        Compare(theirs, Copy(_ours.State()), "when opened");
    }

    private async Task CloseAsync()
    {
        Oracle.Ask("manager_close", new JsonObject { ["manager"] = _theirs });
        if (_ours is not null)
        {
            await _ours.DisposeAsync();
        }

        _isSettled = true;
        _mayMissSteps = false;
    }

    private async Task CompareAsync(JsonObject action)
    {
        JsonObject request = (JsonObject)action.DeepClone();
        request["manager"] = _theirs;
        request["now"] = _clock.Nanoseconds;
        JsonObject theirs = (JsonObject)JsonNode.Parse(Oracle.Ask("manager_act", request).GetRawText())!;
        JsonObject ours = Copy(await _ours!.ActAsync(action));
        string told = $"{action.ToJsonString()}\ntheirs: {theirs.ToJsonString()}\nours:   {ours.ToJsonString()}";
        if (IsRefused(theirs) && IsRefused(ours))
        {
            theirs["result"] = ours["result"]!.DeepClone();
        }

        Compare(theirs, ours, told);
        _mayMissSteps &= (string)action["do"]! != "reload";
        _isSettled = (string)action["do"]! != "save" || ((bool?)action["wait"] ?? true);
        if (_isSettled && !DeletesInBackground)
        {
            CompareFolders(told);
        }
    }

    // Numbers of parsed JSON are asked for as any type.
    private static JsonObject Copy(JsonObject value) => (JsonObject)JsonNode.Parse(value.ToJsonString())!;

    private static bool IsRefused(JsonObject state) => state["result"] is JsonObject result && result.ContainsKey("refused");

    private void Compare(JsonObject theirs, JsonObject ours, string what)
    {
        if (!JsonNode.DeepEquals(theirs, ours))
        {
            throw new ManagersDifferException($"{what}\ntheirs: {theirs.ToJsonString()}\nours:   {ours.ToJsonString()}");
        }

        _steps = (JsonArray)ours["steps"]!.DeepClone();
    }

    private void CompareFolders(string what)
    {
        string[] theirs = FolderTree.Describe(_theirRoot);
        string[] ours = FolderTree.Describe(_ourRoot);
        if (!theirs.SequenceEqual(ours))
        {
            throw new ManagersDifferException(
                $"the folders differ: {what}\nonly theirs:\n{string.Join('\n', theirs.Except(ours))}\nonly ours:\n{string.Join('\n', ours.Except(theirs))}");
        }
    }
}
