using System.Text.Json.Nodes;

namespace OcdbtSharp.Oracle.Tests.Managers;

/// <summary>
/// What the two managers do differently on purpose: histories leave it out. Each is described, with its reason, in <c>docs/compatibility.md</c>, "Managers".
/// </summary>
internal static class KnownManagerDifferences
{
    /// <summary>A forced save through a manager that is read only: Orbax writes.</summary>
    public static bool IsWrittenReadOnly(JsonObject options) => (bool?)options["read_only"] == true;

    /// <summary>After it refused to save a step twice, Orbax says until the next save that one is in progress; this policy asks for that.</summary>
    public static bool AsksForSaveInProgress(JsonObject options) =>
        (bool?)options["v1"] == true || (options["save_decision_policy"]?.ToJsonString().Contains("Continuous", StringComparison.Ordinal) ?? false);

    /// <summary>A step that is deleted a second time, where deleted steps are kept: Orbax cannot move it, as there is one of its name.</summary>
    public static bool KeepsOneDeletedStepOfANumber(JsonObject options) => options["todelete_subdir"] is not null;

    /// <summary>With commit files, Orbax's clean-up removes every folder of the root without one, also the root's metadata and deleted steps.</summary>
    public static bool RemovesForeignFolders(JsonObject options) => (string?)options["atomicity"] == "commit_file";

    /// <summary>A save at a preemption whose policies keep no step fails in Orbax.</summary>
    public static bool FailsWithoutSteps(JsonObject options) => new[] { "max_to_keep", "keep_period", "keep_time_interval", "preservation_policy" }.Any(options.ContainsKey);
}
