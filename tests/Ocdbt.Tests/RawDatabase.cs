using System.Text;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>A database in memory whose nodes are put together byte by byte, also as no writer would.</summary>
internal sealed class RawDatabase
{
    public const string DataFile = "d/raw";

    private readonly List<byte> _data = [];

    public MemoryKvStore Store { get; } = new();

    public Config Config { get; init; } = new() { Uuid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), Compression = OcdbtCompression.None };

    /// <summary>Appends a leaf with its values in it.</summary>
    public IndirectDataReference AddLeaf(params (string Key, string Value)[] entries) => Add(Body(0, entries.Length, writer =>
    {
        WriteKeys(writer, [.. entries.Select(entry => (entry.Key, 0))], isInterior: false);
        foreach ((string _, string value) in entries)
        {
            writer.WriteVarint((ulong)value.Length);
        }

        writer.WriteBytes(new byte[entries.Length]);
        foreach ((string _, string value) in entries)
        {
            writer.WriteBytes(Encoding.UTF8.GetBytes(value));
        }
    }));

    /// <summary>Appends an interior node.</summary>
    public IndirectDataReference AddInterior(byte height, params (string Key, int SubtreePrefixLength, IndirectDataReference Child)[] entries) =>
        Add(Body(height, entries.Length, writer =>
        {
            WriteKeys(writer, [.. entries.Select(entry => (entry.Key, entry.SubtreePrefixLength))], isInterior: true);
            writer.WriteBytes(new byte[entries.Length]);
            foreach ((string _, int _, IndirectDataReference child) in entries)
            {
                writer.WriteVarint((ulong)child.Offset);
            }

            foreach ((string _, int _, IndirectDataReference child) in entries)
            {
                writer.WriteVarint((ulong)child.Length);
            }

            writer.WriteBytes(new byte[3 * entries.Length]);
        }));

    /// <summary>Where the next node will lie, if it has this length.</summary>
    public IndirectDataReference Next(long length) => new(new DataFileId(Encoding.UTF8.GetBytes(DataFile), 0), _data.Count, length);

    /// <summary>Appends bytes, a node or not.</summary>
    public IndirectDataReference Add(byte[] bytes)
    {
        IndirectDataReference place = Next(bytes.Length);
        _data.AddRange(bytes);
        return place;
    }

    /// <summary>Writes the data file and a manifest with one version.</summary>
    public async Task<IKvStore> FinishAsync(IndirectDataReference root, byte height)
    {
        await Store.WriteAsync(DataFile, _data.ToArray());
        Manifest manifest = new(Config, [new BtreeGenerationReference(1, 1, height, new BtreeNodeReference(root, default))], []);
        await Store.WriteAsync(Manifest.FileName, manifest.Encode());
        return Store;
    }

    private static byte[] Body(byte height, int count, Action<ByteWriter> writeEntries)
    {
        using ByteWriter writer = new();
        writer.WriteByte(height);
        DataFileTableBuilder files = new();
        files.Add(new DataFileId(Encoding.UTF8.GetBytes(DataFile), 0));
        files.Encode(writer);
        writer.WriteVarint((ulong)count);
        writeEntries(writer);
        return Envelope.Encode(writer.Written, FormatLimits.BtreeNodeMagic, OcdbtCompression.None);
    }

    private static void WriteKeys(ByteWriter writer, (string Key, int SubtreePrefixLength)[] keys, bool isInterior)
    {
        int[] shared = new int[keys.Length];
        for (int i = 1; i < keys.Length; i++)
        {
            shared[i] = Encoding.UTF8.GetBytes(keys[i - 1].Key).AsSpan().CommonPrefixLength(Encoding.UTF8.GetBytes(keys[i].Key));
            writer.WriteVarint((ulong)shared[i]);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            writer.WriteVarint((ulong)(keys[i].Key.Length - shared[i]));
        }

        for (int i = 0; i < (isInterior ? keys.Length : 0); i++)
        {
            writer.WriteVarint((ulong)keys[i].SubtreePrefixLength);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            writer.WriteBytes(Encoding.UTF8.GetBytes(keys[i].Key).AsSpan(shared[i]));
        }
    }
}
