namespace OcdbtSharp.Checkpoint;

/// <summary>Every file and folder name of Orbax's layout, once.</summary>
internal static class CheckpointLayout
{
    /// <summary>Describes the tree of an item: keys, types, how arrays are stored.</summary>
    public const string TreeMetadataFile = "_METADATA";

    /// <summary>Describes a step, or an item that was saved on its own: handlers, times, custom metadata.</summary>
    public const string StepMetadataFile = "_CHECKPOINT_METADATA";

    /// <summary>How the arrays of an item were laid out over devices.</summary>
    public const string ShardingFile = "_sharding";

    /// <summary>The string leaves of an item.</summary>
    public const string StringsFile = "_strings.json";

    /// <summary>Folder with one file a process: shapes of shards and chunks, PRNG implementations.</summary>
    public const string ArrayMetadatasFolder = "array_metadatas/";

    /// <summary>What the files in <see cref="ArrayMetadatasFolder"/> begin with.</summary>
    public const string ProcessFilePrefix = "process_";

    /// <summary>The tree of an item as releases up to 0.4 wrote it: msgpack, with values or placeholders in it.</summary>
    public const string AggregateFile = "checkpoint";

    /// <summary>Present where the arrays of an item lie in an OCDBT database.</summary>
    public const string OcdbtManifestFile = "manifest.ocdbt";

    /// <summary>What the databases that single processes wrote are named, before the process index.</summary>
    public const string ProcessDatabasePrefix = "ocdbt.process_";

    /// <summary>Written last into a finished step, an item or a checkpoint.</summary>
    public const string CommitSuccessFile = "commit_success.txt";

    /// <summary>Marks a checkpoint of the v1 API.</summary>
    public const string V1MarkerFile = "orbax.checkpoint";

    /// <summary>Part of the name of every folder that is still being written.</summary>
    public const string TemporarySuffix = ".orbax-checkpoint-tmp";

    /// <summary>Folder of a manager's root that holds what belongs to all steps.</summary>
    public const string RootMetadataFolder = "metadata/";

    /// <summary>Metadata of a manager's root, below <see cref="RootMetadataFolder"/>.</summary>
    public const string RootMetadataFile = "_ROOT_METADATA";

    /// <summary>The same as older releases named it; it holds only what the user gave.</summary>
    public const string LegacyRootMetadataFile = "metadata";

    /// <summary>The value of a JSON item.</summary>
    public const string JsonFile = "metadata";

    /// <summary>The value of a JSON item of the v1 API.</summary>
    public const string V1JsonFile = "data.json";

    /// <summary>The item that holds the metrics of a step, and the file in it.</summary>
    public const string MetricsName = "metrics";

    /// <summary>The only leaf of an array item.</summary>
    public const string ArrayName = "checkpoint";

    /// <summary>Item in a random-key item: the key of JAX.</summary>
    public const string JaxRandomKeyName = "jax_random_key";

    /// <summary>Item in a random-key item: the state of NumPy's generator.</summary>
    public const string NumpyRandomKeyName = "np_random_key";

    /// <summary>What follows the name of a random key to name the JSON item that describes it.</summary>
    public const string RandomKeyMetadataSuffix = "_metadata";

    /// <summary>Member of the JSON item that describes a key of JAX: whether it has a type of its own.</summary>
    public const string JaxRandomKeyMember = "typed";

    /// <summary>Member of the JSON item that describes a generator of NumPy: whether its state is a tuple, as of the older ones.</summary>
    public const string NumpyRandomKeyMember = "legacy";

    /// <summary>The item that a manager without item names saves.</summary>
    public const string DefaultItemName = "default";

    /// <summary>The item that the v1 API saves unless told otherwise.</summary>
    public const string V1DefaultItemName = "state";

    /// <summary>The same in earlier releases of the v1 API.</summary>
    public const string EarlyV1DefaultItemName = "pytree";

    /// <summary>Metadata of a zarr v2 array.</summary>
    public const string Zarr2ArrayFile = ".zarray";

    /// <summary>Metadata of a zarr v2 group.</summary>
    public const string Zarr2GroupFile = ".zgroup";

    /// <summary>Metadata of a zarr v3 array or group.</summary>
    public const string Zarr3File = "zarr.json";

    /// <summary>How the one-file checkpoints of Flax end.</summary>
    public const string MsgpackExtension = ".msgpack";

    /// <summary>What Flax's own checkpoints in a folder are named, before an underscore and the step.</summary>
    public const string FlaxStepPrefix = "checkpoint";
}
