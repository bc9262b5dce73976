using System.Buffers.Binary;
using System.Globalization;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>What a node of a MessagePack tree is.</summary>
internal enum MessagePackNodeKind
{
    /// <summary>Python's None.</summary>
    None,

    /// <summary>Text.</summary>
    String,

    /// <summary>A number of Python's own types.</summary>
    PythonScalar,

    /// <summary>A NumPy scalar.</summary>
    NumpyScalar,

    /// <summary>An array.</summary>
    Array,

    /// <summary>Bytes.</summary>
    Binary,

    /// <summary>A dictionary with string keys.</summary>
    Map,

    /// <summary>A list.</summary>
    List,

    /// <summary>A tuple.</summary>
    Tuple,
}

/// <summary>A part of the file that holds a part of an array.</summary>
internal readonly record struct FileSegment(long Offset, long Length);

/// <summary>A value as Flax and older releases of Orbax store it in MessagePack; arrays stay in the file and are named by their place.</summary>
internal sealed class MessagePackNode
{
    public required MessagePackNodeKind Kind { get; init; }

    /// <summary>The text of a <see cref="MessagePackNodeKind.String"/>.</summary>
    public string? Text { get; init; }

    /// <summary>NumPy's name for the element type of a scalar or an array.</summary>
    public string? DataType { get; init; }

    /// <summary>The shape of an array or a scalar.</summary>
    public long[] Shape { get; init; } = [];

    /// <summary>The bytes of a Python scalar, little-endian.</summary>
    public byte[]? Inline { get; init; }

    /// <summary>Where the bytes of an array lie in the file, in order.</summary>
    public IReadOnlyList<FileSegment> Segments { get; init; } = [];

    /// <summary>The names of the children of a map.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The children of a map, a list or a tuple.</summary>
    public IReadOnlyList<MessagePackNode> Children { get; init; } = [];

    /// <summary>The child of a map; null where there is none.</summary>
    public MessagePackNode? Child(string key)
    {
        for (int index = 0; index < Keys.Count; index++)
        {
            if (Keys[index] == key)
            {
                return Children[index];
            }
        }

        return null;
    }
}

/// <summary>Decodes a MessagePack file with the extension types of Flax: arrays, complex numbers, NumPy scalars, tuples, arrays in chunks.</summary>
internal static class MessagePackTree
{
    private const int MaxDepth = 512;
    private const string ChunkedMarker = "__msgpack_chunked_array__";
    private const sbyte ArrayExtension = 1;
    private const sbyte ComplexExtension = 2;
    private const sbyte ScalarExtension = 3;
    private const sbyte TupleExtension = 4;

    /// <summary>Decodes a whole file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="location">Its name, for errors.</param>
    /// <exception cref="CorruptDataException">It is not MessagePack, or not what Flax writes.</exception>
    /// <exception cref="UnsupportedFormatException">It holds an extension type that Flax does not have.</exception>
    public static MessagePackNode Decode(ReadOnlyLongSpan bytes, string location)
    {
        try
        {
            MessagePackReader reader = new(bytes);
            MessagePackNode root = Read(ref reader, 0);
            return reader.Remaining == 0 ? root : throw reader.Corrupt($"{reader.Remaining} bytes follow the MessagePack object.");
        }
        catch (OcdbtSharpException error)
        {
            throw error.At(location);
        }
    }

    private static MessagePackNode Read(ref MessagePackReader reader, int depth)
    {
        if (depth > MaxDepth)
        {
            throw reader.Corrupt($"Objects are nested more than {MaxDepth} deep.");
        }

        MessagePackHead head = reader.ReadHead();
        return head.Type switch
        {
            MessagePackType.Nil => new() { Kind = MessagePackNodeKind.None },
            MessagePackType.Boolean => Scalar("bool", [(byte)head.Bits]),
            MessagePackType.SignedInteger => Scalar("int64", head.Bits),
            MessagePackType.UnsignedInteger => Scalar(head.Bits > long.MaxValue ? "uint64" : "int64", head.Bits),
            MessagePackType.Float => Scalar("float64", head.Bits),
            MessagePackType.String => new() { Kind = MessagePackNodeKind.String, Text = reader.ReadText(head.Length) },
            MessagePackType.Binary => new()
            {
                Kind = MessagePackNodeKind.Binary,
                DataType = "uint8",
                Shape = [head.Length],
                Segments = [new FileSegment(reader.Skip(head.Length), head.Length)],
            },
            MessagePackType.Array => ReadSequence(ref reader, head.Length, MessagePackNodeKind.List, depth),
            MessagePackType.Map => ReadMap(ref reader, head.Length, depth),
            _ => ReadExtension(ref reader, head, depth),
        };
    }

    private static MessagePackNode Scalar(string dataType, byte[] bytes) =>
        new() { Kind = MessagePackNodeKind.PythonScalar, DataType = dataType, Inline = bytes };

    private static MessagePackNode Scalar(string dataType, params ReadOnlySpan<ulong> parts)
    {
        byte[] bytes = new byte[parts.Length * sizeof(ulong)];
        for (int i = 0; i < parts.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), parts[i]);
        }

        return Scalar(dataType, bytes);
    }

    private static MessagePackNode ReadSequence(ref MessagePackReader reader, uint count, MessagePackNodeKind kind, int depth)
    {
        List<MessagePackNode> children = [];
        for (uint i = 0; i < count; i++)
        {
            children.Add(Read(ref reader, depth + 1));
        }

        return new() { Kind = kind, Children = children };
    }

    private static MessagePackNode ReadMap(ref MessagePackReader reader, uint count, int depth)
    {
        List<string> keys = [];
        List<MessagePackNode> children = [];
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        for (uint i = 0; i < count; i++)
        {
            string key = ReadKey(ref reader);
            MessagePackNode child = Read(ref reader, depth + 1);
            if (seen.TryAdd(key, keys.Count))
            {
                keys.Add(key);
                children.Add(child);
            }
            else
            {
                // As in Python, the last of several values of a key counts.
                children[seen[key]] = child;
            }
        }

        MessagePackNode map = new() { Kind = MessagePackNodeKind.Map, Keys = keys, Children = children };
        return map.Child(ChunkedMarker) is null ? map : Join(ref reader, map);
    }

    private static string ReadKey(ref MessagePackReader reader)
    {
        MessagePackHead head = reader.ReadHead();
        return head.Type switch
        {
            MessagePackType.String or MessagePackType.Binary => reader.ReadText(head.Length),
            MessagePackType.SignedInteger => ((long)head.Bits).ToString(CultureInfo.InvariantCulture),
            MessagePackType.UnsignedInteger => head.Bits.ToString(CultureInfo.InvariantCulture),
            _ => throw reader.Corrupt($"{head.Type} cannot be the key of a map."),
        };
    }

    private static MessagePackNode ReadExtension(ref MessagePackReader reader, MessagePackHead head, int depth)
    {
        MessagePackReader payload = reader.Slice(head.Length);
        MessagePackNode node;
        switch (head.ExtensionType)
        {
            case ArrayExtension:
            case ScalarExtension:
                node = ReadArray(ref payload, head.ExtensionType == ArrayExtension ? MessagePackNodeKind.Array : MessagePackNodeKind.NumpyScalar);
                break;
            case ComplexExtension:
                node = ReadComplex(ref payload);
                break;
            case TupleExtension:
                MessagePackHead items = payload.ReadHead();
                node = items.Type == MessagePackType.Array
                    ? ReadSequence(ref payload, items.Length, MessagePackNodeKind.Tuple, depth)
                    : throw payload.Corrupt("A tuple is not stored as an array.");
                break;
            default:
                throw new UnsupportedFormatException($"MessagePack extension type {head.ExtensionType} is none of Flax's (1 array, 2 complex, 3 scalar, 4 tuple).");
        }

        return payload.Remaining == 0 ? node : throw payload.Corrupt($"{payload.Remaining} bytes follow the value of an extension.");
    }

    private static MessagePackNode ReadComplex(ref MessagePackReader reader)
    {
        if (reader.ReadHead() is not { Type: MessagePackType.Array, Length: 2 })
        {
            throw reader.Corrupt("A complex number is not stored as two numbers.");
        }

        ulong real = ReadPart(ref reader);
        return Scalar("complex128", real, ReadPart(ref reader));

        static ulong ReadPart(ref MessagePackReader reader)
        {
            MessagePackHead head = reader.ReadHead();
            return head.Type switch
            {
                MessagePackType.Float => head.Bits,
                MessagePackType.SignedInteger => BitConverter.DoubleToUInt64Bits((long)head.Bits),
                MessagePackType.UnsignedInteger => BitConverter.DoubleToUInt64Bits(head.Bits),
                _ => throw reader.Corrupt("A part of a complex number is not a number."),
            };
        }
    }

    private static MessagePackNode ReadArray(ref MessagePackReader reader, MessagePackNodeKind kind)
    {
        if (reader.ReadHead() is not { Type: MessagePackType.Array, Length: 3 })
        {
            throw reader.Corrupt("An array is not stored as shape, type and bytes.");
        }

        MessagePackHead rank = reader.ReadHead();
        if (rank.Type != MessagePackType.Array)
        {
            throw reader.Corrupt("The shape of an array is not an array.");
        }

        long[] shape = new long[rank.Length];
        for (int i = 0; i < shape.Length; i++)
        {
            MessagePackHead size = reader.ReadHead();
            shape[i] = size is { Type: MessagePackType.UnsignedInteger, Bits: <= long.MaxValue }
                ? (long)size.Bits
                : throw reader.Corrupt("The size of a dimension is not a number.");
        }

        MessagePackHead type = reader.ReadHead();
        string dataType = type.Type is MessagePackType.String or MessagePackType.Binary
            ? reader.ReadText(type.Length)
            : throw reader.Corrupt("The type of an array is not a name.");
        MessagePackHead data = reader.ReadHead();
        return data.Type is MessagePackType.Binary or MessagePackType.String
            ? new() { Kind = kind, DataType = dataType, Shape = shape, Segments = [new FileSegment(reader.Skip(data.Length), data.Length)] }
            : throw reader.Corrupt("The values of an array are not bytes.");
    }

    // A large array is stored flat, cut into chunks: {marker: true, shape: {"0": n, ...}, chunks: {"0": array, ...}}.
    private static MessagePackNode Join(ref MessagePackReader reader, MessagePackNode map)
    {
        MessagePackNode[] sizes = Numbered(ref reader, map, "shape");
        MessagePackNode[] chunks = Numbered(ref reader, map, "chunks");
        long[] shape = new long[sizes.Length];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = sizes[i] is { DataType: "int64", Inline: { } bytes } && BinaryPrimitives.ReadInt64LittleEndian(bytes) is >= 0 and long size
                ? size
                : throw reader.Corrupt("The size of a dimension of an array in chunks is not a number.");
        }

        if (chunks.Length == 0 || chunks.Any(chunk => chunk.Kind != MessagePackNodeKind.Array || chunk.DataType != chunks[0].DataType))
        {
            throw reader.Corrupt("The chunks of an array are not arrays of one type.");
        }

        return new()
        {
            Kind = MessagePackNodeKind.Array,
            DataType = chunks[0].DataType,
            Shape = shape,
            Segments = [.. chunks.SelectMany(chunk => chunk.Segments)],
        };
    }

    private static MessagePackNode[] Numbered(ref MessagePackReader reader, MessagePackNode map, string name)
    {
        MessagePackNode list = map.Child(name) is { Kind: MessagePackNodeKind.Map } found
            ? found
            : throw reader.Corrupt($"An array in chunks has no {name}.");
        MessagePackNode?[] items = new MessagePackNode[list.Keys.Count];
        for (int i = 0; i < items.Length; i++)
        {
            if (!int.TryParse(list.Keys[i], NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index >= items.Length || items[index] is not null)
            {
                throw reader.Corrupt($"The {name} of an array in chunks are not numbered from 0 on: '{list.Keys[i]}'.");
            }

            items[index] = list.Children[i];
        }

        return items!;
    }
}
