using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint;

/// <summary>Where an item is saved, and with whom.</summary>
public sealed class ItemSaveContext
{
    internal ItemSaveContext(IKvStore folder, string location, ProcessGroup processes, bool isV1)
    {
        Folder = folder;
        Location = location;
        Processes = processes;
        IsV1 = isV1;
    }

    /// <summary>The folder of the item.</summary>
    public IKvStore Folder { get; }

    /// <summary>The processes that save together.</summary>
    public ProcessGroup Processes { get; }

    /// <summary>Whether the step is saved as by Orbax's v1 API.</summary>
    public bool IsV1 { get; }

    /// <summary>The path of the item as Orbax names it while it is written.</summary>
    internal string Location { get; }
}
