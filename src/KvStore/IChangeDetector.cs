namespace OcdbtSharp.KvStore;

/// <summary>A store that can tell cheaply and at once whether a key is still as it was.</summary>
internal interface IChangeDetector
{
    /// <summary>Makes a check for a key; null where the key is at another generation already.</summary>
    IChangeCheck? CreateCheck(Key key, StorageGeneration generation);
}

/// <summary>Tells whether one key is still at one generation. Safe to use from many threads at once.</summary>
internal interface IChangeCheck
{
    /// <summary>Whether the key has not changed up to now; false also where that cannot be told.</summary>
    bool IsUnchanged();
}
