using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Oracle.Tests.Databases;

/// <summary>Random keys, values, actions and configurations.</summary>
internal sealed class RandomActions(Random random)
{
    private static readonly string[] Stems = ["", "a", "ab", "abc/", "abd/", "layer_0/kernel", "layer_1/kernel", "é", "\uFFFF", "z", "\0"];

    private static readonly string[] Prefixes = ["d/", "d/", "v/", "x/y/", "v_", ""];

    public Key Key()
    {
        string stem = Stems[random.Next(Stems.Length)];
        return random.Next(12) switch
        {
            0 => new Key(new byte[] { 0xFF, (byte)random.Next(256) }),
            1 => stem + new string('k', random.Next(300)),
            2 or 3 => stem,
            _ => $"{stem}{random.Next(40)}",
        };
    }

    public byte[] Value()
    {
        byte[] value = new byte[random.Next(20) == 0 ? random.Next(20_000) : random.Next(4) == 0 ? random.Next(400) : random.Next(14)];
        random.NextBytes(value);
        return value;
    }

    /// <summary>An action that may stand in a transaction.</summary>
    public KvAction Next()
    {
        Key key = Key();
        switch (random.Next(10))
        {
            case 0:
                Key other = Key();
                return random.Next(20) == 0 ? new KvAction("delete_range", KvStore.Key.Empty)
                    // TensorStore takes an empty end for none.
                    : key <= other && !other.Bytes.IsEmpty ? new KvAction("delete_range", key, other)
                    : new KvAction("delete_range", key, key.PrefixSuccessor());
            case 1 or 2:
                return new KvAction("delete", key);
            default:
                return new KvAction("write", key, Value: Value());
        }
    }

    /// <summary>A write that depends on what the key holds.</summary>
    public KvAction NextConditional() => new("write", Key(), Value: Value(), Condition: random.Next(3) switch { 0 => "missing", 1 => "current", _ => "other" });

    /// <summary>Every configuration that both libraries know.</summary>
    public OcdbtConfig Config() => new()
    {
        ManifestKind = random.Next(2) == 0 ? OcdbtManifestKind.Single : OcdbtManifestKind.Numbered,
        MaxInlineValueBytes = random.Next(4) switch { 0 => 0, 1 => 10, 2 => 100, _ => random.Next(1000) },
        MaxDecodedNodeBytes = random.Next(4) switch { 0 => 1, 1 => 8 << 20, 2 => 0, _ => (uint)random.Next(30, 1000) },
        VersionTreeArityLog2 = random.Next(3) == 0 ? 1 : random.Next(1, 17),
        Compression = random.Next(3) == 0 ? OcdbtCompression.None : OcdbtCompression.Zstd(random.Next(2) == 0 ? 0 : random.Next(-3, 12)),
    };

    /// <summary>A configuration that agrees with another in what it names, or, in one member, does not.</summary>
    public OcdbtConfig Part(OcdbtConfig config, bool agrees)
    {
        OcdbtConfig part = new()
        {
            ManifestKind = Maybe(config.ManifestKind),
            MaxInlineValueBytes = Maybe(config.MaxInlineValueBytes),
            MaxDecodedNodeBytes = Maybe(config.MaxDecodedNodeBytes),
            VersionTreeArityLog2 = Maybe(config.VersionTreeArityLog2),
            Compression = Maybe(config.Compression),
        };
        return agrees ? part : random.Next(5) switch
        {
            0 => part with { ManifestKind = 1 - config.ManifestKind },
            1 => part with { MaxInlineValueBytes = config.MaxInlineValueBytes + 1 },
            2 => part with { MaxDecodedNodeBytes = config.MaxDecodedNodeBytes + 1 },
            3 => part with { VersionTreeArityLog2 = (config.VersionTreeArityLog2 % 16) + 1 },
            _ => part with { Compression = config.Compression == OcdbtCompression.None ? OcdbtCompression.Zstd() : OcdbtCompression.None },
        };
    }

    /// <summary>How a database is opened.</summary>
    public OcdbtOptions Options(OcdbtConfig config) => new()
    {
        Mode = OcdbtOpenMode.OpenOrCreate,
        Config = config,
        DataFilePrefixes = new() { Value = Prefix(), BtreeNode = Prefix(), VersionTreeNode = Prefix() },
        TargetDataFileSize = random.Next(3) switch { 0 => 0, 1 => random.Next(1, 3000), _ => 1L << 31 },
    };

    private string Prefix() => Prefixes[random.Next(Prefixes.Length)];

    private T? Maybe<T>(T? value)
        where T : struct => random.Next(2) == 0 ? value : null;
}
