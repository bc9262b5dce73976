using System.CommandLine;
using System.Globalization;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary>The options of commands that write: the configuration of a database that is created, and where data goes.</summary>
internal sealed class CreationOptions
{
    private readonly Option<string?> _manifestKind = new("--manifest-kind") { Description = "Of a new database: single (one manifest, replaced) or numbered (one for each version)." };
    private readonly Option<int?> _maxInline = new("--max-inline-value-bytes") { Description = "Of a new database: longest value that lies within a node; 100 unless told." };
    private readonly Option<uint?> _maxNode = new("--max-decoded-node-bytes") { Description = "Of a new database: size from which on nodes are split; 8388608 unless told." };
    private readonly Option<int?> _arity = new("--version-tree-arity-log2") { Description = "Of a new database: logarithm of the arity of the version tree, 1 to 16; 4 unless told." };
    private readonly Option<string?> _compression = new("--compression") { Description = "Of a new database: none, zstd, or zstd:LEVEL; zstd unless told." };
    private readonly Option<string?> _valuePrefix = new("--value-data-prefix") { Description = "What the names of files with values begin with; d/ unless told." };
    private readonly Option<string?> _btreePrefix = new("--btree-node-data-prefix") { Description = "What the names of files with B-tree nodes begin with; d/ unless told." };
    private readonly Option<string?> _versionPrefix = new("--version-tree-node-data-prefix") { Description = "What the names of files with version tree nodes begin with; d/ unless told." };
    private readonly Option<long?> _target = Arguments.Size("--target-data-file-size", "Size from which on a data file takes no more data; 2GiB unless told, 0 for none.");

    /// <summary>Adds the options to a command that creates a missing database.</summary>
    public void AddTo(Command command)
    {
        _manifestKind.AcceptOnlyFromAmong("single", "numbered");
        foreach (Option option in (Option[])[_manifestKind, _maxInline, _maxNode, _arity, _compression, _valuePrefix, _btreePrefix, _versionPrefix, _target])
        {
            command.Add(option);
        }
    }

    /// <summary>Opens the database of a folder, which is created where it is missing.</summary>
    /// <exception cref="StorageException">There is one with another configuration.</exception>
    public async Task<OcdbtStore> OpenAsync(ParseResult parsed, string folder, CancellationToken cancellationToken)
    {
        DataFilePrefixes prefixes = new();
        OcdbtOptions defaults = new();
        OcdbtOptions options = new()
        {
            Mode = OcdbtOpenMode.OpenOrCreate,
            Config = new OcdbtConfig
            {
                ManifestKind = parsed.GetValue(_manifestKind) switch
                {
                    "single" => OcdbtManifestKind.Single,
                    "numbered" => OcdbtManifestKind.Numbered,
                    _ => null,
                },
                MaxInlineValueBytes = parsed.GetValue(_maxInline),
                MaxDecodedNodeBytes = parsed.GetValue(_maxNode),
                VersionTreeArityLog2 = parsed.GetValue(_arity),
                Compression = Compression(parsed.GetValue(_compression)),
            },
            DataFilePrefixes = new DataFilePrefixes
            {
                Value = parsed.GetValue(_valuePrefix) ?? prefixes.Value,
                BtreeNode = parsed.GetValue(_btreePrefix) ?? prefixes.BtreeNode,
                VersionTreeNode = parsed.GetValue(_versionPrefix) ?? prefixes.VersionTreeNode,
            },
            TargetDataFileSize = parsed.GetValue(_target) ?? defaults.TargetDataFileSize,
        };
        return await OcdbtStore.OpenAsync(new FileKvStore(folder), options, cancellationToken);
    }

    private static OcdbtCompression? Compression(string? text)
    {
        const string Zstd = "zstd";
        return text switch
        {
            null => null,
            "none" => OcdbtCompression.None,
            Zstd => OcdbtCompression.Zstd(),
            _ when text.StartsWith(Zstd + ":", StringComparison.Ordinal)
                && int.TryParse(text.AsSpan(Zstd.Length + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int level)
                => OcdbtCompression.Zstd(level),
            _ => throw new UsageException($"'{text}' is no compression: give none, zstd, or zstd:LEVEL."),
        };
    }
}
