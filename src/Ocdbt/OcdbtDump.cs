using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;
using OcdbtSharp.Ocdbt.Operations;

namespace OcdbtSharp.Ocdbt;

/// <summary>
/// The manifest and the nodes of a database as JSON, in the structure of TensorStore's own dump. JSON has no bytes, so keys and inline values
/// are objects with one member <c>hex</c>. What lies elsewhere is named <c>kind:base path:path:offset:length</c>, which can be dumped in turn.
/// </summary>
public static class OcdbtDump
{
    private const int FlushBytes = 1 << 20;

    /// <summary>Writes the latest manifest.</summary>
    /// <param name="baseStore">The store whose root holds <c>manifest.ocdbt</c>.</param>
    /// <param name="json">Where to write.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">There is no database, or the storage failed.</exception>
    /// <exception cref="CorruptDataException">The manifest is damaged.</exception>
    public static async ValueTask WriteManifestAsync(IKvStore baseStore, Utf8JsonWriter json, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(baseStore);
        ArgumentNullException.ThrowIfNull(json);
        Write(json, await new IoHandle(baseStore, 0).GetManifestAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Writes a node of the B-tree or of the version tree.</summary>
    /// <param name="baseStore">The store whose root holds <c>manifest.ocdbt</c>.</param>
    /// <param name="location">Where the node lies, as a dump names it.</param>
    /// <param name="json">Where to write.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FormatException"><paramref name="location"/> is no place of a node.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    /// <exception cref="CorruptDataException">There is no node there, or it is damaged.</exception>
    public static async ValueTask WriteNodeAsync(
        IKvStore baseStore, string location, Utf8JsonWriter json, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(baseStore);
        ArgumentNullException.ThrowIfNull(location);
        ArgumentNullException.ThrowIfNull(json);
        LabeledIndirectDataReference node = LabeledIndirectDataReference.Parse(location);
        IoHandle io = new(baseStore, 0);
        switch (node.Kind)
        {
            case IndirectDataKind.BtreeNode:
                Write(json, await io.GetBtreeNodeAsync(node.Location, cancellationToken).ConfigureAwait(false));
                break;
            case IndirectDataKind.VersionNode:
                Write(json, await io.GetVersionTreeNodeAsync(node.Location, cancellationToken).ConfigureAwait(false));
                break;
            default:
                throw new FormatException($"'{location}' is a value: only nodes have a structure.");
        }
    }

    /// <summary>Writes the root node of a version.</summary>
    /// <param name="baseStore">The store whose root holds <c>manifest.ocdbt</c>.</param>
    /// <param name="version">The version.</param>
    /// <param name="json">Where to write.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">There is no database, no such version, or it has no keys and so no node; or the storage failed.</exception>
    /// <exception cref="CorruptDataException">A node is damaged.</exception>
    public static async ValueTask WriteRootAsync(
        IKvStore baseStore, VersionSpec version, Utf8JsonWriter json, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(baseStore);
        ArgumentNullException.ThrowIfNull(json);
        IoHandle io = new(baseStore, 0);
        Manifest manifest = await io.GetManifestAsync(cancellationToken).ConfigureAwait(false);
        BtreeGenerationReference found = await ReadVersionOperation.FindAsync(io, manifest, version, cancellationToken).ConfigureAwait(false)
            ?? throw new StorageException("The database has no such version.", baseStore.Describe(Manifest.FileName));
        if (found.Root.Location.IsMissing)
        {
            throw new StorageException($"Version {found.GenerationNumber} has no keys and so no node.", baseStore.Describe(Manifest.FileName));
        }

        Write(json, await io.GetBtreeNodeAsync(found.Root.Location, cancellationToken).ConfigureAwait(false));
    }

    internal static void Write(Utf8JsonWriter json, Manifest manifest)
    {
        json.WriteStartObject();
        json.WritePropertyName("config");
        Write(json, manifest.Config);
        json.WriteStartArray("version_tree_nodes");
        foreach (VersionNodeReference node in manifest.VersionTreeNodes)
        {
            Write(json, node);
        }

        json.WriteEndArray();
        json.WriteStartArray("versions");
        foreach (BtreeGenerationReference version in manifest.Versions)
        {
            Write(json, version);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, BtreeNode node)
    {
        byte[] key = new byte[FormatLimits.MaxKeyLength];
        json.WriteStartObject();
        json.WriteStartArray("entries");
        for (int i = 0; i < node.Count; i++)
        {
            node.CopyKey(i, key);
            json.WriteStartObject();
            if (node.Height > 0)
            {
                WriteBytes(json, "key", key.AsSpan(0, node.KeyLength(i)));
                Write(json, node.ChildAt(i));
                WriteBytes(json, "subtree_common_prefix", key.AsSpan(0, node.SubtreePrefixLength(i)));
            }
            else if (node.IsInline(i))
            {
                WriteBytes(json, "inline_value", node.InlineValueAt(i).Span);
                WriteBytes(json, "key", key.AsSpan(0, node.KeyLength(i)));
            }
            else
            {
                json.WriteString("indirect_value", new LabeledIndirectDataReference(IndirectDataKind.Value, node.LocationAt(i)).ToString());
                WriteBytes(json, "key", key.AsSpan(0, node.KeyLength(i)));
            }

            json.WriteEndObject();
            if (json.BytesPending > FlushBytes)
            {
                json.Flush();
            }
        }

        json.WriteEndArray();
        json.WriteNumber("height", node.Height);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, VersionTreeNode node)
    {
        json.WriteStartObject();
        json.WriteStartArray("entries");
        foreach (BtreeGenerationReference version in node.Versions)
        {
            Write(json, version);
        }

        foreach (VersionNodeReference child in node.Children)
        {
            Write(json, child);
        }

        json.WriteEndArray();
        json.WriteNumber("height", node.Height);
        json.WriteNumber("version_tree_arity_log2", node.ArityLog2);
        json.WriteEndObject();
    }

    // The kind of manifest is left out, as TensorStore does.
    private static void Write(Utf8JsonWriter json, Config config)
    {
        json.WriteStartObject();
        if (config.Compression.ZstdLevel is { } level)
        {
            json.WriteStartObject("compression");
            json.WriteString("id", "zstd");
            if (level != 0)
            {
                json.WriteNumber("level", level);
            }

            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("compression");
        }

        json.WriteNumber("max_decoded_node_bytes", config.MaxDecodedNodeBytes);
        json.WriteNumber("max_inline_value_bytes", config.MaxInlineValueBytes);
        json.WriteString("uuid", config.Uuid.ToString("N"));
        json.WriteNumber("version_tree_arity_log2", config.VersionTreeArityLog2);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BtreeGenerationReference version)
    {
        json.WriteStartObject();
        json.WriteNumber("commit_time", version.CommitTime);
        json.WriteNumber("generation_number", version.GenerationNumber);
        json.WriteStartObject("root");
        Write(json, version.Root);
        json.WriteEndObject();
        json.WriteNumber("root_height", version.RootHeight);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, VersionNodeReference node)
    {
        json.WriteStartObject();
        json.WriteNumber("commit_time", node.CommitTime);
        json.WriteNumber("generation_number", node.GenerationNumber);
        json.WriteNumber("height", node.Height);
        json.WriteString("location", new LabeledIndirectDataReference(IndirectDataKind.VersionNode, node.Location).ToString());
        json.WriteNumber("num_generations", node.NumGenerations);
        json.WriteEndObject();
    }

    /// <summary>Writes the members of a reference, of which a missing node has no place.</summary>
    private static void Write(Utf8JsonWriter json, BtreeNodeReference node)
    {
        if (!node.Location.IsMissing)
        {
            json.WriteString("location", new LabeledIndirectDataReference(IndirectDataKind.BtreeNode, node.Location).ToString());
        }

        json.WriteStartObject("statistics");
        json.WriteNumber("num_indirect_value_bytes", node.Statistics.NumIndirectValueBytes);
        json.WriteNumber("num_keys", node.Statistics.NumKeys);
        json.WriteNumber("num_tree_bytes", node.Statistics.NumTreeBytes);
        json.WriteEndObject();
    }

    private static void WriteBytes(Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes)
    {
        json.WriteStartObject(name);
        json.WriteString("hex", Convert.ToHexStringLower(bytes));
        json.WriteEndObject();
    }
}
