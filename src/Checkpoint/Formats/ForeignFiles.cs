using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Formats;

/// <summary>Opens files of other formats as items: safetensors, one file or several with an index, and NumPy's <c>.npz</c> and <c>.npy</c>.</summary>
internal static class ForeignFiles
{
    private const string Safetensors = ".safetensors";
    private const string SafetensorsIndex = ".safetensors.index.json";
    private const string Npz = ".npz";

    /// <summary>Opens a path.</summary>
    /// <returns>The item; null where the path holds none of these formats.</returns>
    /// <exception cref="CorruptDataException">The file breaks the rules of its format.</exception>
    /// <exception cref="UnsupportedFormatException">An array has a type that is not supported.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CheckpointItem? TryOpen(string path)
    {
        string full = Path.GetFullPath(path);
        if (File.Exists(full))
        {
            return full.EndsWith(Safetensors, StringComparison.OrdinalIgnoreCase) ? OpenSafetensors(full, [full])
                : full.EndsWith(SafetensorsIndex, StringComparison.OrdinalIgnoreCase) ? OpenSafetensors(full, Shards(full))
                : full.EndsWith(Npz, StringComparison.OrdinalIgnoreCase) ? OpenNpz(full)
                : full.EndsWith(NpyFolder.Extension, StringComparison.OrdinalIgnoreCase) ? OpenNpy(full, [full])
                : null;
        }

        if (!Directory.Exists(full))
        {
            return null;
        }

        string[] files = [.. Directory.GetFiles(full).Order(StringComparer.Ordinal)];
        string[] tensors = [.. files.Where(file => file.EndsWith(Safetensors, StringComparison.OrdinalIgnoreCase))];
        return Array.Find(files, file => file.EndsWith(SafetensorsIndex, StringComparison.OrdinalIgnoreCase)) is { } index ? OpenSafetensors(full, Shards(index))
            : tensors.Length > 0 ? OpenSafetensors(full, tensors)
            : files.Length > 0 && Array.TrueForAll(files, file => file.EndsWith(NpyFolder.Extension, StringComparison.OrdinalIgnoreCase)) ? OpenNpy(full, files)
            : null;
    }

    private static string[] Shards(string index)
    {
        JsonElement json = PythonJson.ParseObject(File.ReadAllBytes(index), index);
        try
        {
            string folder = Path.GetDirectoryName(index)!;
            return [.. json.GetProperty("weight_map").EnumerateObject().Select(member => member.Value.GetString()!).Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal).Select(name => name == Path.GetFileName(name)
                    ? Path.Combine(folder, name)
                    : throw new CorruptDataException($"The index names the file '{name}', which is not beside it.", index))];
        }
        catch (Exception error) when (PythonJson.IsMalformed(error))
        {
            throw PythonJson.NotJson(error, index);
        }
    }

    private static CheckpointItem OpenSafetensors(string location, IReadOnlyList<string> files)
    {
        List<Found> found = [];
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        foreach (string file in files)
        {
            try
            {
                (SafetensorsHeader header, int length) = ReadHeader(file);
                found.AddRange(header.Entries.Select(entry =>
                {
                    DataType type = DataType.Parse(entry.DataType);
                    return Extents.TryByteCount(entry.Shape, type.Size) == entry.Length
                        ? new Found(entry.Name, type, entry.Shape, entry.Length, new FileLeafSource(file, length + entry.Offset, entry.Shape, type.Size))
                        : throw new CorruptDataException($"Tensor '{entry.Name}' takes {entry.Length} bytes, which its shape and type do not come to");
                }));
                foreach ((string name, string text) in header.Metadata)
                {
                    texts[name] = text;
                }
            }
            catch (OcdbtSharpException error) when (error.Location is null)
            {
                throw error.At(file);
            }
        }

        return Item(location, found, texts);
    }

    private static (SafetensorsHeader Header, int Length) ReadHeader(string file)
    {
        using FileStream stream = File.OpenRead(file);
        byte[] prefix = new byte[sizeof(ulong)];
        if (stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length)
        {
            throw new CorruptDataException("Not a safetensors file: it is too short");
        }

        int length = SafetensorsHeader.DecodeLength(prefix);
        if (length > stream.Length)
        {
            throw new CorruptDataException($"The header is said to take {length} bytes, and the file has {stream.Length}");
        }

        byte[] header = new byte[length];
        stream.Position = 0;
        stream.ReadExactly(header);
        return (SafetensorsHeader.Decode(new ReadOnlySequence<byte>(header), stream.Length - length), length);
    }

    private static CheckpointItem OpenNpz(string path)
    {
        List<Found> found = [];
        try
        {
            using ZipArchive archive = ZipFile.OpenRead(path);
            foreach (ZipArchiveEntry entry in archive.Entries.Where(entry => entry.FullName.EndsWith(NpyFolder.Extension, StringComparison.Ordinal)))
            {
                string name = entry.FullName;
                found.Add(OpenNpy(name[..^NpyFolder.Extension.Length], $"{path}/{name}", () => OpenEntry(path, name)));
            }
        }
        catch (InvalidDataException error)
        {
            throw new CorruptDataException($"This is no zip archive: {error.Message}", path, innerException: error);
        }

        return Item(path, found, new Dictionary<string, string>());
    }

    private static CheckpointItem OpenNpy(string location, IEnumerable<string> files) =>
        Item(location, [.. files.Select(file => OpenNpy(Path.GetFileNameWithoutExtension(file), file, () => File.OpenRead(file)))], new Dictionary<string, string>());

    private static Found OpenNpy(string name, string location, Func<Stream> open)
    {
        try
        {
            using Stream stream = open();
            byte[] prefix = new byte[NpyHeader.PrefixLength];
            stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false);
            byte[] bytes = new byte[NpyHeader.DecodeLength(prefix)];
            prefix.AsSpan(0, Math.Min(prefix.Length, bytes.Length)).CopyTo(bytes);
            if (stream.ReadAtLeast(bytes.AsSpan(prefix.Length), bytes.Length - prefix.Length, throwOnEndOfStream: false) < bytes.Length - prefix.Length)
            {
                throw new CorruptDataException("The file ends within its header");
            }

            NpyHeader header = NpyHeader.Decode(bytes);
            DataType type = DataType.Parse(header.DataType);
            long length = Extents.TryByteCount(header.Shape, type.Size)
                ?? throw new CorruptDataException($"An array of shape {Extents.Format(header.Shape)} is larger than 2^63 bytes");
            return new Found(name, type, header.Shape, length, new NpyLeafSource(open, location, header, bytes.Length, type));
        }
        catch (OcdbtSharpException error) when (error.Location is null)
        {
            throw error.At(location);
        }
    }

    private static EntryStream OpenEntry(string path, string name)
    {
        ZipArchive archive = ZipFile.OpenRead(path);
        return new EntryStream(archive, archive.GetEntry(name)?.Open() ?? throw new IOException($"The archive has no '{name}' any more."));
    }

    private static CheckpointItem Item(string location, List<Found> found, Dictionary<string, string> texts)
    {
        // Dots lead down a tree, unless a name both has a value and leads further, or an array beside others has no name.
        HashSet<string> names = [.. found.Select(array => array.Name)];
        bool isFlat = names.Any(name => Prefixes(name).Any(names.Contains)) || (names.Count > 1 && names.Contains(""));
        List<CheckpointLeaf> leaves = [.. found.OrderBy(array => new Key(array.Name)).Select(array =>
            new CheckpointLeaf(isFlat ? [TreeKey.Dict(array.Name)] : LeafNames.Split(array.Name), array.Name, LeafKind.Array, LeafTypes.NumPyArray)
            {
                DataType = array.Type,
                Shape = array.Shape,
                LogicalBytes = array.Length,
                StoredBytes = array.Length,
                Source = array.Source,
            })];
        return new CheckpointItem(new FileKvStore(location), ItemKind.PyTree, null, leaves)
        {
            CustomMetadata = texts.Count == 0 ? null : ToJson(texts),
        };
    }

    private static IEnumerable<string> Prefixes(string name)
    {
        for (int dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
        {
            yield return name[..dot];
        }
    }

    private static JsonElement ToJson(Dictionary<string, string> texts)
    {
        using PythonJsonWriter json = new();
        json.StartObject();
        foreach ((string name, string text) in texts)
        {
            json.Name(name);
            json.String(text);
        }

        json.EndObject();
        return PythonJson.Parse(json.ToArray(), "metadata");
    }

    private sealed record Found(string Name, DataType Type, long[] Shape, long Length, Reading.LeafSource Source);

    /// <summary>A stream of an archive's entry that closes the archive with it.</summary>
    private sealed class EntryStream(ZipArchive archive, Stream entry) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => entry.Read(buffer, offset, count);

        public override int Read(Span<byte> buffer) => entry.Read(buffer);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                entry.Dispose();
                archive.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
