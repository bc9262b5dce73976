namespace OcdbtSharp.KvStore;

/// <summary>A store that is a part of something larger, in which other stores may lie too.</summary>
internal interface ILocatedKvStore
{
    /// <summary>Where the store lies.</summary>
    KvStoreLocation Location { get; }

    /// <summary>Lists files of writers that have not finished, and may have been killed; none where values are no files.</summary>
    /// <param name="prefix">What the keys begin with.</param>
    /// <returns>For each the key that it would have, and the file.</returns>
    IEnumerable<(Key Key, FileInfo File)> ListUnfinished(Key prefix);
}

/// <summary>Where a store lies.</summary>
/// <param name="Space">What it is a part of: equal for stores of which one may lie below another.</param>
/// <param name="Path">What its keys begin with there.</param>
internal readonly record struct KvStoreLocation(object Space, Key Path)
{
    /// <summary>Where a store lies; one that does not tell lies nowhere but in itself.</summary>
    public static KvStoreLocation Of(IKvStore store) => store is ILocatedKvStore located ? located.Location : new KvStoreLocation(store, Key.Empty);

    /// <summary>A part of this place.</summary>
    public KvStoreLocation Below(Key prefix) => this with { Path = Path.Append(prefix) };
}
