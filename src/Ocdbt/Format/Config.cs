using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>The configuration of a database, which its manifest begins with and every writer obeys.</summary>
internal sealed record Config
{
    /// <summary>Unique identifier of the database.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>Where the versions are listed.</summary>
    public OcdbtManifestKind ManifestKind { get; init; }

    /// <summary>Longest value in bytes that is stored within a node.</summary>
    public uint MaxInlineValueBytes { get; init; } = 100;

    /// <summary>Size in bytes, as estimated before compression, above which a node is split.</summary>
    public uint MaxDecodedNodeBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Logarithm to base 2 of the arity of the version tree.</summary>
    public byte VersionTreeArityLog2 { get; init; } = 4;

    /// <summary>Compression of manifests and nodes.</summary>
    public OcdbtCompression Compression { get; init; } = OcdbtCompression.Zstd();

    public static Config Decode(ref ByteReader reader)
    {
        Guid uuid = new(reader.ReadBytes(16, "uuid"), bigEndian: true);
        byte kind = reader.ReadByte("manifest kind");
        if (kind > (byte)OcdbtManifestKind.Numbered)
        {
            throw reader.Corrupt($"manifest kind {kind} is neither 0 (single) nor 1 (numbered)");
        }

        uint maxInline = reader.ReadVarint32("max_inline_value_bytes");
        uint maxNode = reader.ReadVarint32("max_decoded_node_bytes");
        return new Config
        {
            Uuid = uuid,
            ManifestKind = (OcdbtManifestKind)kind,
            MaxInlineValueBytes = maxInline,
            MaxDecodedNodeBytes = maxNode,
            VersionTreeArityLog2 = DecodeArityLog2(ref reader),
            Compression = DecodeCompression(ref reader),
        };
    }

    public void Encode(ByteWriter writer)
    {
        Span<byte> uuid = stackalloc byte[16];
        Uuid.TryWriteBytes(uuid, bigEndian: true, out _);
        writer.WriteBytes(uuid);
        writer.WriteByte((byte)ManifestKind);
        writer.WriteVarint(MaxInlineValueBytes);
        writer.WriteVarint(MaxDecodedNodeBytes);
        writer.WriteByte(VersionTreeArityLog2);
        if (Compression.ZstdLevel is { } level)
        {
            writer.WriteVarint(1);
            writer.WriteUInt32LittleEndian((uint)level);
        }
        else
        {
            writer.WriteVarint(0);
        }
    }

    /// <summary>Reads <c>version_tree_arity_log2</c>, which version tree nodes hold too.</summary>
    public static byte DecodeArityLog2(ref ByteReader reader)
    {
        byte arityLog2 = reader.ReadByte("version_tree_arity_log2");
        return arityLog2 is >= 1 and <= FormatLimits.MaxVersionTreeArityLog2
            ? arityLog2
            : throw reader.Corrupt($"version_tree_arity_log2 {arityLog2} is not within [1, {FormatLimits.MaxVersionTreeArityLog2}]");
    }

    /// <summary>The configuration of a new database.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is beyond the limits of the format.</exception>
    public static Config Create(OcdbtConfig wanted)
    {
        Config defaults = new() { Uuid = Guid.Empty };
        int maxInline = wanted.MaxInlineValueBytes ?? (int)defaults.MaxInlineValueBytes;
        int arityLog2 = wanted.VersionTreeArityLog2 ?? defaults.VersionTreeArityLog2;
        ArgumentOutOfRangeException.ThrowIfNegative(maxInline, nameof(OcdbtConfig.MaxInlineValueBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxInline, FormatLimits.MaxInlineValueLength, nameof(OcdbtConfig.MaxInlineValueBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(arityLog2, 1, nameof(OcdbtConfig.VersionTreeArityLog2));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            arityLog2, FormatLimits.MaxVersionTreeArityLog2, nameof(OcdbtConfig.VersionTreeArityLog2));
        return new Config
        {
            Uuid = wanted.Uuid ?? Guid.NewGuid(),
            ManifestKind = wanted.ManifestKind ?? defaults.ManifestKind,
            MaxInlineValueBytes = (uint)maxInline,
            MaxDecodedNodeBytes = wanted.MaxDecodedNodeBytes ?? defaults.MaxDecodedNodeBytes,
            VersionTreeArityLog2 = (byte)arityLog2,
            Compression = wanted.Compression ?? defaults.Compression,
        };
    }

    /// <summary>The name of the first field that is not as it is wanted, with both values; null where all are.</summary>
    public string? Mismatch(OcdbtConfig wanted)
    {
        OcdbtConfig stored = ToPublic();
        return Differs(wanted.Uuid, stored.Uuid, "uuid")
            ?? Differs(wanted.ManifestKind, stored.ManifestKind, "manifest_kind")
            ?? Differs(wanted.MaxInlineValueBytes, stored.MaxInlineValueBytes, "max_inline_value_bytes")
            ?? Differs(wanted.MaxDecodedNodeBytes, stored.MaxDecodedNodeBytes, "max_decoded_node_bytes")
            ?? Differs(wanted.VersionTreeArityLog2, stored.VersionTreeArityLog2, "version_tree_arity_log2")
            ?? Differs(wanted.Compression, stored.Compression, "compression");
    }

    /// <summary>The configuration as callers see it.</summary>
    public OcdbtConfig ToPublic() => new()
    {
        Uuid = Uuid,
        ManifestKind = ManifestKind,
        MaxInlineValueBytes = (int)MaxInlineValueBytes,
        MaxDecodedNodeBytes = MaxDecodedNodeBytes,
        VersionTreeArityLog2 = VersionTreeArityLog2,
        Compression = Compression,
    };

    private static string? Differs<T>(T? wanted, T? stored, string field)
        where T : struct =>
        wanted is null || wanted.Equals(stored) ? null : $"{field} is {stored}, but {wanted} was asked for";

    private static OcdbtCompression DecodeCompression(ref ByteReader reader)
    {
        uint method = reader.ReadVarint32("compression method");
        if (method == 0)
        {
            return OcdbtCompression.None;
        }

        if (method != 1)
        {
            throw new UnsupportedFormatException($"Compression method {method} of the configuration; 0 (none) and 1 (zstd) are supported");
        }

        int level = (int)reader.ReadUInt32LittleEndian("zstd level");
        return level >= Zstd.MinLevel && level <= Zstd.MaxLevel
            ? OcdbtCompression.Zstd(level)
            : throw reader.Corrupt($"zstd level {level} is not within [{Zstd.MinLevel}, {Zstd.MaxLevel}]");
    }
}
