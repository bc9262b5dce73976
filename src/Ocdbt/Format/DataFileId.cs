using System.Security.Cryptography;
using System.Text;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>
/// The path of a data file, relative to the root of the database: a base path, which also applies to all that is reached through
/// the file, and the path below it. A database merged by reference has a base path for each database that it took over.
/// </summary>
internal sealed class DataFileId : IEquatable<DataFileId>, IComparable<DataFileId>
{
    private readonly int _hash;

    public DataFileId(byte[] path, int baseLength)
    {
        Path = new Key(path);
        BaseLength = baseLength;
        HashCode hash = default;
        hash.AddBytes(path);
        _hash = hash.ToHashCode();
    }

    /// <summary>The file of no path, to which missing and empty data refer.</summary>
    public static DataFileId Empty { get; } = new([], 0);

    /// <summary>The whole path, as a key of the base store.</summary>
    public Key Path { get; }

    /// <summary>Length in bytes of the base path.</summary>
    public int BaseLength { get; }

    public ReadOnlySpan<byte> BasePath => Path.Span[..BaseLength];

    public ReadOnlySpan<byte> RelativePath => Path.Span[BaseLength..];

    /// <summary>A new file with a random name of 32 hexadecimal digits behind <paramref name="prefix"/>.</summary>
    public static DataFileId Create(string prefix) =>
        new(Encoding.UTF8.GetBytes(prefix + RandomNumberGenerator.GetHexString(32, lowercase: true)), 0);

    /// <summary>The same file as seen from a database that holds this one below <paramref name="prefix"/>.</summary>
    public DataFileId Below(ReadOnlySpan<byte> prefix) =>
        prefix.IsEmpty || Path.Length == 0 ? this : new DataFileId([.. prefix, .. Path.Span], prefix.Length + BaseLength);

    public bool Equals(DataFileId? other) =>
        ReferenceEquals(this, other)
        || (other is not null && _hash == other._hash && BaseLength == other.BaseLength && Path.Equals(other.Path));

    public override bool Equals(object? obj) => Equals(obj as DataFileId);

    public override int GetHashCode() => _hash;

    /// <summary>Order of data file tables: by base path, then by what follows it.</summary>
    public int CompareTo(DataFileId? other)
    {
        if (other is null)
        {
            return 1;
        }

        int order = BasePath.SequenceCompareTo(other.BasePath);
        return order != 0 ? order : RelativePath.SequenceCompareTo(other.RelativePath);
    }

    public override string ToString() => Path.ToString();
}
