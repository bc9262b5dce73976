namespace OcdbtSharp.KvStore;

/// <summary>The keys from <see cref="InclusiveMin"/> up to but not including <see cref="ExclusiveMax"/>; no maximum where that is null.</summary>
/// <param name="InclusiveMin">The smallest key of the range.</param>
/// <param name="ExclusiveMax">The first key behind the range; null for all keys from the minimum on.</param>
public readonly record struct KeyRange(Key InclusiveMin, Key? ExclusiveMax)
{
    /// <summary>Every key.</summary>
    public static KeyRange All => default;

    /// <summary>Every key that begins with <paramref name="prefix"/>.</summary>
    public static KeyRange Prefix(Key prefix) => new(prefix, prefix.PrefixSuccessor());

    /// <summary>Only <paramref name="key"/>.</summary>
    public static KeyRange Of(Key key) => new(key, key.Append(new Key(new byte[] { 0 })));

    /// <summary>Whether the range holds no key.</summary>
    public bool IsEmpty => ExclusiveMax is { } max && InclusiveMin >= max;

    /// <summary>Whether the range holds <paramref name="key"/>.</summary>
    public bool Contains(Key key) => key >= InclusiveMin && (ExclusiveMax is not { } max || key < max);

    /// <summary>The keys that both ranges hold.</summary>
    public KeyRange Intersect(KeyRange other)
    {
        Key min = InclusiveMin >= other.InclusiveMin ? InclusiveMin : other.InclusiveMin;
        Key? max = (ExclusiveMax, other.ExclusiveMax) switch
        {
            (null, var theirs) => theirs,
            (var ours, null) => ours,
            ({ } ours, { } theirs) => ours <= theirs ? ours : theirs,
        };
        return new KeyRange(min, max);
    }
}
