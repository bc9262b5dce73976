using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>A reference to a node of the version tree: an entry of a manifest or of an interior node.</summary>
/// <param name="Location">Where the node lies.</param>
/// <param name="GenerationNumber">The latest generation below it.</param>
/// <param name="Height">Height of the node; 0 for a leaf.</param>
/// <param name="NumGenerations">Number of generations below it.</param>
/// <param name="CommitTime">The earliest commit time below it, in nanoseconds since 1970.</param>
internal readonly record struct VersionNodeReference(
    IndirectDataReference Location, ulong GenerationNumber, byte Height, ulong NumGenerations, ulong CommitTime)
{
    /// <summary>Reads a number of references and their columns.</summary>
    /// <param name="reader">At the number.</param>
    /// <param name="files">The table of data files.</param>
    /// <param name="maxCount">Most entries that there may be.</param>
    /// <param name="height">The height of all entries; null where a column holds them.</param>
    public static VersionNodeReference[] DecodeArray(ref ByteReader reader, DataFileId[] files, int maxCount, byte? height)
    {
        int count = VersionTreeNode.DecodeCount(ref reader, maxCount, allowNone: height is null);
        VersionNodeReference[] entries = new VersionNodeReference[count];
        IndirectDataReference[] locations = new IndirectDataReference[count];
        foreach (ref VersionNodeReference entry in entries.AsSpan())
        {
            entry = entry with { GenerationNumber = reader.ReadVarint64("generation number") };
        }

        IndirectDataReference.DecodeColumns(ref reader, files, locations, allowMissing: false);
        for (int i = 0; i < count; i++)
        {
            entries[i] = entries[i] with { Location = locations[i], NumGenerations = reader.ReadVarint64("number of generations") };
        }

        foreach (ref VersionNodeReference entry in entries.AsSpan())
        {
            entry = entry with { CommitTime = reader.ReadUInt64LittleEndian("commit time") };
        }

        foreach (ref VersionNodeReference entry in entries.AsSpan())
        {
            entry = entry with { Height = height ?? reader.ReadByte("height of a version tree node") };
        }

        return entries;
    }

    public static void EncodeArray(ByteWriter writer, DataFileTableBuilder files, VersionNodeReference[] entries, bool withHeight)
    {
        writer.WriteVarint((ulong)entries.Length);
        foreach (VersionNodeReference entry in entries)
        {
            writer.WriteVarint(entry.GenerationNumber);
        }

        IndirectDataReference.EncodeColumns(writer, files, Array.ConvertAll(entries, entry => entry.Location));
        foreach (VersionNodeReference entry in entries)
        {
            writer.WriteVarint(entry.NumGenerations);
        }

        foreach (VersionNodeReference entry in entries)
        {
            writer.WriteUInt64LittleEndian(entry.CommitTime);
        }

        if (withHeight)
        {
            foreach (VersionNodeReference entry in entries)
            {
                writer.WriteByte(entry.Height);
            }
        }
    }
}

/// <summary>
/// A node of the version tree, which holds the versions that no longer fit in the manifest. Its shape follows from the generation numbers
/// alone: a node of height h covers 2^(arity_log2 * (h + 1)) consecutive numbers.
/// </summary>
internal sealed class VersionTreeNode : IDecodedNode
{
    private VersionTreeNode(byte arityLog2, byte height)
    {
        ArityLog2 = arityLog2;
        Height = height;
    }

    public byte ArityLog2 { get; }

    /// <summary>0 for a leaf.</summary>
    public byte Height { get; }

    /// <summary>The versions, where this is a leaf; otherwise empty.</summary>
    public BtreeGenerationReference[] Versions { get; private init; } = [];

    /// <summary>The children, where this is an interior node; otherwise empty.</summary>
    public VersionNodeReference[] Children { get; private init; } = [];

    /// <summary>The latest generation of the node.</summary>
    public ulong GenerationNumber => Height == 0 ? Versions[^1].GenerationNumber : Children[^1].GenerationNumber;

    /// <inheritdoc/>
    public long MemoryBytes => 64 + (96L * (Versions.Length + Children.Length));

    public static VersionTreeNode Leaf(byte arityLog2, BtreeGenerationReference[] versions) => new(arityLog2, 0) { Versions = versions };

    public static VersionTreeNode Interior(byte arityLog2, byte height, VersionNodeReference[] children) =>
        new(arityLog2, height) { Children = children };

    /// <summary>Reads a node.</summary>
    /// <param name="encoded">The whole node.</param>
    /// <param name="transitivePath">The base path of the file that the node lies in.</param>
    public static VersionTreeNode Decode(ReadOnlyMemory<byte> encoded, ReadOnlySpan<byte> transitivePath)
    {
        ReadOnlyMemory<byte> body = Envelope.Decode(encoded, FormatLimits.VersionTreeNodeMagic, "version tree node");
        ByteReader reader = new(body.Span);
        byte arityLog2 = Config.DecodeArityLog2(ref reader);
        byte height = reader.ReadByte("height of the version tree node");
        if (height > FormatLimits.MaxVersionTreeHeight(arityLog2))
        {
            throw reader.Corrupt($"version tree node of height {height} with 2^{arityLog2} entries a node");
        }

        DataFileId[] files = DataFileTable.Decode(ref reader, transitivePath);
        VersionTreeNode node;
        if (height == 0)
        {
            node = Leaf(arityLog2, BtreeGenerationReference.DecodeArray(ref reader, files, arityLog2));
        }
        else
        {
            node = Interior(arityLog2, height, VersionNodeReference.DecodeArray(ref reader, files, 1 << arityLog2, (byte)(height - 1)));
            ValidateChildren(ref reader, node);
        }

        reader.EnsureEnd("version tree node");
        return node;
    }

    public byte[] Encode(OcdbtCompression compression)
    {
        using ByteWriter writer = new();
        writer.WriteByte(ArityLog2);
        writer.WriteByte(Height);
        DataFileTableBuilder files = new();
        foreach (BtreeGenerationReference version in Versions)
        {
            files.Add(version.Root.Location.File);
        }

        foreach (VersionNodeReference child in Children)
        {
            files.Add(child.Location.File);
        }

        files.Encode(writer);
        if (Height == 0)
        {
            BtreeGenerationReference.EncodeArray(writer, files, Versions);
        }
        else
        {
            VersionNodeReference.EncodeArray(writer, files, Children, withHeight: false);
        }

        return Envelope.Encode(writer.Written, FormatLimits.VersionTreeNodeMagic, compression);
    }

    /// <summary>The smallest generation that can lie in the same node of a height as <paramref name="last"/>.</summary>
    public static ulong MinGeneration(int arityLog2, int height, ulong last)
    {
        int shift = arityLog2 * (height + 1);
        return shift >= 64 ? 1 : ((last - 1) >> shift << shift) + 1;
    }

    /// <summary>Reads a number of entries and checks it before anything is allocated for them.</summary>
    public static int DecodeCount(ref ByteReader reader, int maxCount, bool allowNone = false)
    {
        ulong count = reader.ReadVarint64("number of entries");
        return count <= (ulong)maxCount && count <= (ulong)reader.Remaining && (count > 0 || allowNone)
            ? (int)count
            : throw reader.Corrupt($"number of entries {count} is not within [{(allowNone ? 0 : 1)}, {maxCount}] or more than there is data for");
    }

    /// <summary>Checks what a reference said about this node.</summary>
    public void Validate(VersionNodeReference reference, int arityLog2)
    {
        if (Height != reference.Height || ArityLog2 != arityLog2 || GenerationNumber != reference.GenerationNumber)
        {
            throw new CorruptDataException(
                $"version tree node of height {Height}, arity 2^{ArityLog2} and last generation {GenerationNumber}, where one of height "
                + $"{reference.Height}, arity 2^{arityLog2} and last generation {reference.GenerationNumber} was expected");
        }
    }

    private static void ValidateChildren(ref ByteReader reader, VersionTreeNode node)
    {
        int shift = node.ArityLog2 * node.Height;
        ulong stride = 1UL << shift;
        ulong previous = 0;
        foreach (VersionNodeReference child in node.Children)
        {
            ulong generation = child.GenerationNumber;
            if (generation <= previous || generation % stride != 0)
            {
                throw reader.Corrupt($"child of a version tree node ends with generation {generation}, after {previous} and a multiple of {stride}");
            }

            if (child.NumGenerations > stride)
            {
                throw reader.Corrupt($"child of a version tree node has {child.NumGenerations} generations, but room for {stride}");
            }

            previous = generation;
        }

        ulong first = node.Children[0].GenerationNumber;
        if ((first - 1) >> shift >> node.ArityLog2 != (previous - 1) >> shift >> node.ArityLog2)
        {
            throw reader.Corrupt($"generations {first} and {previous} cannot lie below one version tree node of height {node.Height}");
        }
    }
}
