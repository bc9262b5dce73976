using System.Globalization;
using System.IO.Hashing;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>
/// The generation of one key, which follows from its value alone, as in TensorStore: a key changes only when another value, or the same at
/// another place, is put under it, whatever else a version changes.
/// </summary>
internal static class LeafGeneration
{
    public static StorageGeneration Of(LeafValue? value) => value is { } present ? Of(present) : StorageGeneration.NoValue;

    public static StorageGeneration Of(LeafValue value)
    {
        if (!value.IsInline)
        {
            IndirectDataReference location = value.Location;
            return new StorageGeneration(
                string.Create(CultureInfo.InvariantCulture, $"{location.Offset:x}+{location.Length:x}:{location.File.BaseLength}:{location.File.Path}"));
        }

        Span<byte> hash = stackalloc byte[16];
        XxHash128.Hash(value.Inline.Span, hash);
        return new StorageGeneration(Convert.ToHexStringLower(hash));
    }
}
