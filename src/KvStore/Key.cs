using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace OcdbtSharp.KvStore;

/// <summary>
/// A key: any sequence of bytes, usually UTF-8 text. Keys are ordered as unsigned bytes, which is not the order of
/// <see cref="string"/>.
/// </summary>
public readonly struct Key : IEquatable<Key>, IComparable<Key>
{
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>A key of these bytes. They are borrowed: the caller must not change them afterwards.</summary>
    public Key(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>A key of the UTF-8 bytes of <paramref name="text"/>.</summary>
    public Key(string text) => _bytes = Encoding.UTF8.GetBytes(text);

    /// <summary>The key of no bytes, which is the smallest.</summary>
    public static Key Empty => default;

    /// <summary>The bytes of the key.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    internal ReadOnlySpan<byte> Span => _bytes.Span;

    /// <summary>The number of bytes.</summary>
    public int Length => _bytes.Length;

    /// <summary>A key of the UTF-8 bytes of <paramref name="text"/>.</summary>
    public static implicit operator Key(string text) => new(text);

    /// <summary>This key with <paramref name="suffix"/> behind it.</summary>
    public Key Append(Key suffix)
    {
        if (suffix.Length == 0)
        {
            return this;
        }

        byte[] joined = new byte[Length + suffix.Length];
        Span.CopyTo(joined);
        suffix.Span.CopyTo(joined.AsSpan(Length));
        return new Key(joined);
    }

    /// <summary>Whether the key begins with <paramref name="prefix"/>.</summary>
    public bool StartsWith(Key prefix) => Span.StartsWith(prefix.Span);

    /// <summary>The smallest key that is greater than every key that begins with this one; null where there is none (every byte is 0xFF).</summary>
    public Key? PrefixSuccessor()
    {
        ReadOnlySpan<byte> span = Span;
        int length = span.LastIndexOfAnyExcept((byte)0xFF) + 1;
        if (length == 0)
        {
            return null;
        }

        byte[] next = span[..length].ToArray();
        next[^1]++;
        return new Key(next);
    }

    /// <inheritdoc/>
    public int CompareTo(Key other) => Span.SequenceCompareTo(other.Span);

    /// <inheritdoc/>
    public bool Equals(Key other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Key other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>The key as text, where it is valid UTF-8; otherwise <c>hex:</c> and its bytes.</summary>
    public override string ToString() =>
        Utf8.IsValid(Span) ? Encoding.UTF8.GetString(Span) : "hex:" + Convert.ToHexStringLower(Span);

    /// <summary>Whether both keys have the same bytes.</summary>
    public static bool operator ==(Key left, Key right) => left.Equals(right);

    /// <summary>Whether the keys differ.</summary>
    public static bool operator !=(Key left, Key right) => !left.Equals(right);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(Key left, Key right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/> or equals it.</summary>
    public static bool operator <=(Key left, Key right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(Key left, Key right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/> or equals it.</summary>
    public static bool operator >=(Key left, Key right) => left.CompareTo(right) >= 0;
}
