using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OcdbtSharp.Cli.Tests;

/// <summary>An array in an exported file.</summary>
/// <param name="DataType">Its type, as the file names it.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Bytes">Its elements.</param>
internal sealed record ExportedArray(string DataType, long[] Shape, byte[] Bytes);

/// <summary>Reads exported files by the rules of their formats alone, sharing no code with what writes them.</summary>
internal static partial class ExportedFiles
{
    /// <summary>A safetensors file: 8 bytes of header length, the header, and the values without gaps up to the end.</summary>
    public static (Dictionary<string, ExportedArray> Arrays, Dictionary<string, string> Metadata) ReadSafetensors(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file));
        Assert.That(length % 8, Is.Zero, "alignment of the values");
        Assert.That(file[8], Is.EqualTo((byte)'{'), "the header begins with its object");
        JsonElement header = JsonElement.Parse(file.AsSpan(8, length));
        Dictionary<string, ExportedArray> arrays = [];
        Dictionary<string, string> metadata = [];
        List<(long Begin, long End)> ranges = [];
        foreach (JsonProperty member in header.EnumerateObject())
        {
            if (member.Name == "__metadata__")
            {
                metadata = member.Value.EnumerateObject().ToDictionary(text => text.Name, text => text.Value.GetString()!);
                continue;
            }

            long[] offsets = Numbers(member.Value.GetProperty("data_offsets"));
            Assert.That(offsets, Has.Length.EqualTo(2));
            ranges.Add((offsets[0], offsets[1]));
            string type = member.Value.GetProperty("dtype").GetString()!;
            byte[] bytes = file[(8 + length + (int)offsets[0])..(8 + length + (int)offsets[1])];
            long[] shape = Numbers(member.Value.GetProperty("shape"));
            Assert.That(bytes, Has.Length.EqualTo(shape.Aggregate(SafetensorsSize(type), (product, extent) => product * extent)), member.Name);
            Assert.That(offsets[0] % SafetensorsSize(type), Is.Zero, $"alignment of {member.Name}");
            arrays.Add(member.Name, new ExportedArray(type, shape, bytes));
        }

        ranges.Sort();
        long end = 0;
        foreach ((long begin, long behind) in ranges)
        {
            Assert.That(begin, Is.EqualTo(end), "no gaps, no overlaps");
            end = behind;
        }

        Assert.That(8 + length + end, Is.EqualTo(file.Length), "nothing behind the values");
        return (arrays, metadata);
    }

    /// <summary>A folder of .npy files, by their names without the ending.</summary>
    public static Dictionary<string, ExportedArray> ReadNpyFolder(string folder) =>
        Directory.EnumerateFiles(folder).ToDictionary(path => Uri.UnescapeDataString(Path.GetFileName(path)[..^".npy".Length]), path => ReadNpy(File.ReadAllBytes(path)));

    /// <summary>A zip file of stored .npy entries, found through the central directory.</summary>
    public static Dictionary<string, ExportedArray> ReadNpz(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        ReadOnlySpan<byte> end = file.AsSpan(file.Length - 22);
        Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(end), Is.EqualTo(0x06054B50), "end of central directory");
        int count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        int position = (int)BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        Dictionary<string, ExportedArray> arrays = [];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = file.AsSpan(position);
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(entry), Is.EqualTo(0x02014B50), "central directory entry");
            Assert.That(BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]), Is.Zero, "stored, as numpy.savez does");
            uint crc = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]);
            int size = (int)BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]);
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[28..]);
            int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[30..]) + BinaryPrimitives.ReadUInt16LittleEndian(entry[32..]);
            int local = (int)BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]);
            string name = Encoding.UTF8.GetString(entry.Slice(46, nameLength));
            Assert.That(name, Does.EndWith(".npy"));
            position += 46 + nameLength + extraLength;

            ReadOnlySpan<byte> head = file.AsSpan(local);
            int start = local + 30 + BinaryPrimitives.ReadUInt16LittleEndian(head[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(head[28..]);
            byte[] data = file[start..(start + size)];
            Assert.That(Crc32(data), Is.EqualTo(crc), name);
            arrays.Add(name[..^".npy".Length], ReadNpy(data));
        }

        return arrays;
    }

    private static ExportedArray ReadNpy(byte[] file)
    {
        Assert.That(file[..8], Is.EqualTo((byte[])[0x93, .. "NUMPY"u8, 1, 0]));
        int length = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(8));
        Assert.That((10 + length) % 64, Is.Zero, "alignment of the values");
        string header = Encoding.ASCII.GetString(file, 10, length);
        Match match = NpyHeader().Match(header);
        Assert.That(match.Success, header);
        long[] shape = [.. match.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(size => long.Parse(size, CultureInfo.InvariantCulture))];
        string type = match.Groups["descr"].Value;
        byte[] bytes = file[(10 + length)..];
        Assert.That(bytes, Has.Length.EqualTo(shape.Aggregate(long.Parse(type[2..], CultureInfo.InvariantCulture), (product, extent) => product * extent)));
        return new ExportedArray(type, shape, bytes);
    }

    private static long SafetensorsSize(string type) => type switch
    {
        "BOOL" => 1,
        "C64" => 8,
        _ when type.StartsWith("F8_", StringComparison.Ordinal) => 1,
        _ => long.Parse(type.TrimStart('B', 'F', 'I', 'U'), CultureInfo.InvariantCulture) / 8,
    };

    private static long[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetInt64())];

    private static uint Crc32(byte[] data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
            }
        }

        return ~crc;
    }

    [GeneratedRegex(@"^\{'descr': '(?<descr>[<|][biufc]\d+)', 'fortran_order': False, 'shape': \((?<shape>(\d+, )*(\d+,?)?)\), \} *\n$", RegexOptions.CultureInvariant)]
    private static partial Regex NpyHeader();
}
