using System.Globalization;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>The top of a database: its configuration, its latest versions, and references to the version tree nodes of the older ones.</summary>
internal sealed class Manifest
{
    /// <summary>Key of the manifest, or of the configuration where manifests are numbered.</summary>
    public const string FileName = "manifest.ocdbt";

    private const string NumberedPrefix = "manifest.";
    private const int NumberedDigits = 16;

    public Manifest(Config config, BtreeGenerationReference[] versions, VersionNodeReference[] versionTreeNodes)
    {
        Config = config;
        Versions = versions;
        VersionTreeNodes = versionTreeNodes;
    }

    public Config Config { get; }

    /// <summary>The latest versions, oldest first; empty where only the configuration is stored (numbered manifests).</summary>
    public BtreeGenerationReference[] Versions { get; }

    /// <summary>The nodes of older versions, highest first.</summary>
    public VersionNodeReference[] VersionTreeNodes { get; }

    /// <summary>The latest version.</summary>
    public BtreeGenerationReference Latest => Versions[^1];

    /// <summary>Whether this is only a configuration, as in <c>manifest.ocdbt</c> beside numbered manifests.</summary>
    public bool IsConfigOnly => Versions.Length == 0;

    /// <summary>Key of the numbered manifest whose latest version is <paramref name="generation"/>.</summary>
    public static Key NumberedKey(ulong generation) => new(NumberedPrefix + generation.ToString("x16", CultureInfo.InvariantCulture));

    /// <summary>All keys that can be numbered manifests.</summary>
    public static KeyRange NumberedKeys { get; } = new(NumberedPrefix + "0", NumberedPrefix + ":");

    /// <summary>The generation of a numbered manifest's key; null where it is another key.</summary>
    public static ulong? NumberedGeneration(Key key)
    {
        string text = key.ToString();
        return text.Length == NumberedPrefix.Length + NumberedDigits
            && text.StartsWith(NumberedPrefix, StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(NumberedPrefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong generation)
            && generation != 0
                ? generation
                : null;
    }

    public static Manifest Decode(ReadOnlyMemory<byte> encoded)
    {
        ReadOnlyMemory<byte> body = Envelope.Decode(encoded, FormatLimits.ManifestMagic, "manifest");
        ByteReader reader = new(body.Span);
        Config config = Config.Decode(ref reader);
        Manifest manifest;
        if (config.ManifestKind == OcdbtManifestKind.Single)
        {
            DataFileId[] files = DataFileTable.Decode(ref reader, default);
            BtreeGenerationReference[] versions = BtreeGenerationReference.DecodeArray(ref reader, files, config.VersionTreeArityLog2);
            int maxHeight = FormatLimits.MaxVersionTreeHeight(config.VersionTreeArityLog2);
            VersionNodeReference[] nodes = VersionNodeReference.DecodeArray(ref reader, files, maxHeight, height: null);
            manifest = new Manifest(config, versions, nodes);
            manifest.ValidateVersionTreeNodes(ref reader);
        }
        else
        {
            manifest = new Manifest(config, [], []);
        }

        reader.EnsureEnd("manifest");
        return manifest;
    }

    /// <summary>Writes the manifest; a manifest with versions always as kind single, which is how numbered manifests are stored.</summary>
    public byte[] Encode()
    {
        using ByteWriter writer = new();
        (IsConfigOnly ? Config : Config with { ManifestKind = OcdbtManifestKind.Single }).Encode(writer);
        if (!IsConfigOnly)
        {
            DataFileTableBuilder files = new();
            foreach (BtreeGenerationReference version in Versions)
            {
                files.Add(version.Root.Location.File);
            }

            foreach (VersionNodeReference node in VersionTreeNodes)
            {
                files.Add(node.Location.File);
            }

            files.Encode(writer);
            BtreeGenerationReference.EncodeArray(writer, files, Versions);
            VersionNodeReference.EncodeArray(writer, files, VersionTreeNodes, withHeight: true);
        }

        return Envelope.Encode(writer.Written, FormatLimits.ManifestMagic, Config.Compression);
    }

    /// <summary>
    /// For each height from 1 up, the generations that the version tree node of that height covers, given the latest generation.
    /// The manifest may refer to at most one node a height.
    /// </summary>
    public static IEnumerable<(ulong Min, ulong Max, byte Height)> NodeRanges(ulong latestGeneration, int arityLog2)
    {
        ulong max = (latestGeneration - 1) >> arityLog2 << arityLog2;
        for (byte height = 1; max != 0; height++)
        {
            ulong min = VersionTreeNode.MinGeneration(arityLog2, height, max);
            yield return (min, max, height);
            max = min - 1;
        }
    }

    private void ValidateVersionTreeNodes(ref ByteReader reader)
    {
        for (int i = 1; i < VersionTreeNodes.Length; i++)
        {
            if (VersionTreeNodes[i].Height >= VersionTreeNodes[i - 1].Height)
            {
                throw reader.Corrupt($"version tree node of height {VersionTreeNodes[i].Height} follows one of height {VersionTreeNodes[i - 1].Height}");
            }
        }

        int left = VersionTreeNodes.Length;
        foreach ((ulong min, ulong max, byte height) in NodeRanges(Latest.GenerationNumber, Config.VersionTreeArityLog2))
        {
            if (left == 0 || VersionTreeNodes[left - 1].Height != height)
            {
                continue;
            }

            ulong generation = VersionTreeNodes[--left].GenerationNumber;
            if (generation < min || generation > max)
            {
                throw reader.Corrupt($"version tree node of height {height} ends with generation {generation}, outside [{min}, {max}]");
            }
        }

        if (left != 0)
        {
            throw reader.Corrupt(
                $"version tree node of height {VersionTreeNodes[left - 1].Height} has no place where the latest generation is {Latest.GenerationNumber}");
        }
    }
}
