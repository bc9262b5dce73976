using System.Text.Json.Nodes;

namespace OcdbtSharp.Oracle.Tests;

/// <summary>A data type of arrays that are compared: how each version spells it, and values of it.</summary>
/// <param name="Name">Its name; that of version 3 where it has one.</param>
/// <param name="Size">Bytes of an element.</param>
/// <param name="Bits">Bits that carry the value, sign-extended in <paramref name="Size"/> bytes where the type is signed.</param>
/// <param name="V2">How version 2 spells it, the byte order <c>&lt;</c> where it has one; null where it cannot.</param>
/// <param name="V3">How version 3 spells it; null where it cannot.</param>
internal sealed record ArrayElement(string Name, int Size, int Bits, string? V2, string? V3)
{
    private static readonly string[] Named =
    [
        "float8_e3m4", "float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz",
    ];

    /// <summary>All that either library has, and some that only we have.</summary>
    public static readonly ArrayElement[] All =
    [
        new("bool", 1, 1, "\"|b1\"", "\"bool\""),
        .. Numpy("int", "i", 8, 16, 32, 64),
        .. Numpy("uint", "u", 8, 16, 32, 64),
        .. Numpy("float", "f", 16, 32, 64),
        .. Numpy("complex", "c", 64, 128),
        .. Named.Select(name => new ArrayElement(name, 1, 8, $"\"{name}\"", $"\"{name}\"")),
        .. new[] { "int2", "int4", "uint2", "uint4", "float4_e2m1fn" }.Select(name =>
            new ArrayElement(name, 1, name.Contains('2', StringComparison.Ordinal) && name[0] != 'f' ? 2 : 4, $"\"{name}\"", $"\"{name}\"")),
        new("bfloat16", 2, 16, "\"bfloat16\"", "\"bfloat16\""),
        new("V3", 3, 24, "\"|V3\"", "{\"name\":\"raw_bytes\",\"configuration\":{\"length_bytes\":3}}"),
        new("S5", 5, 40, "\"|S5\"", null),
        new("pair", 6, 48, "[[\"a\",\"<i4\"],[\"b\",\">f2\"]]", null),
        new("record", 19, 152, "[[\"a\",\">i4\"],[\"b\",\"<f2\",[2,3]],[\"c\",\"|S3\"]]", null),
        new("U3", 12, 96, "\"<U3\"", null),
        new("M8", 8, 64, "\"<M8[ns]\"", "{\"name\":\"numpy.datetime64\",\"configuration\":{\"unit\":\"ns\",\"scale_factor\":1}}"),
    ];

    public bool IsFloat => Name.Contains("float", StringComparison.Ordinal);

    public bool IsComplex => Name.StartsWith("complex", StringComparison.Ordinal);

    public bool IsInteger => Name.StartsWith("int", StringComparison.Ordinal) || Name.StartsWith("uint", StringComparison.Ordinal);

    /// <summary>Whether both versions call it as numpy does, so that it has a byte order in version 2 and numcodecs' filters take it.</summary>
    public bool IsNumpy => V2 is not null && V2.Length is 5 or 6 && V2[1] is '<' or '|' && V2[2] is 'b' or 'i' or 'u' or 'f' or 'c';

    /// <summary>Random elements.</summary>
    /// <param name="count">How many.</param>
    /// <param name="random">The source.</param>
    /// <param name="small">Whether they are whole numbers from 0 to 99, which every filter keeps.</param>
    public byte[] Values(long count, Random random, bool small)
    {
        byte[] bytes = new byte[checked(count * Size)];
        if (small && IsFloat)
        {
            for (int i = 0; i < count; i++)
            {
                Whole(random.Next(100), bytes.AsSpan(i * Size, Size));
            }

            return bytes;
        }

        if (small || random.Next(4) == 0)
        {
            // Runs and zeros, of which codecs make something.
            for (int i = 0; i < count; i++)
            {
                bytes[i * Size] = (byte)(Bits < 8 ? 1 : random.Next(100) / 40);
            }

            return bytes;
        }

        random.NextBytes(bytes);
        for (int i = 0; Bits < 8 && i < bytes.Length; i++)
        {
            int unused = 8 - Bits;
            bytes[i] = Name[0] is 'i' ? (byte)((sbyte)(bytes[i] << unused) >> unused) : (byte)(bytes[i] & ((1 << Bits) - 1));
        }

        for (int i = 0; Name == "U3" && i < bytes.Length; i += 4)
        {
            // A code point, and none is a zero at the end, which numpy cuts off.
            bytes.AsSpan(i + 1, 3).Clear();
            bytes[i] |= 1;
        }

        return bytes;
    }

    private void Whole(int value, Span<byte> element)
    {
        switch (Name)
        {
            case "float16":
                BitConverter.TryWriteBytes(element, (Half)value);
                break;
            case "float32":
                BitConverter.TryWriteBytes(element, (float)value);
                break;
            case "float64":
                BitConverter.TryWriteBytes(element, (double)value);
                break;
            default:
                break;
        }
    }

    /// <summary>A random fill value: its spelling, and its bytes where every library must read the same.</summary>
    /// <param name="version">The version of the format.</param>
    /// <param name="random">The source.</param>
    public (JsonNode? Json, byte[]? Bytes) Fill(int version, Random random)
    {
        if (version == 2 && random.Next(4) == 0)
        {
            return (null, Name == "M8" ? null : new byte[Size]);
        }

        if (random.Next(3) == 0)
        {
            return (Zero(version), new byte[Size]);
        }

        if (version == 2 && Name == "float4_e2m1fn")
        {
            byte[] nibble = [(byte)random.Next(16)];
            return (Convert.ToBase64String(nibble), nibble);
        }

        byte[] bytes = Values(1, random, small: false);
        switch (Name)
        {
            case "bool":
                return (bytes[0] != 0, bytes);
            case "M8":
                return (BitConverter.ToInt64(bytes), bytes);
            case "U3":
                return ("ab", null);
            case "S5" or "V3" or "pair" or "record":
                return (Convert.ToBase64String(bytes), version == 2 && Name is "pair" or "record" ? null : bytes);
            default:
                break;
        }

        if (IsInteger)
        {
            return random.Next(3) switch
            {
                0 => (1, One()),
                1 when Size == 8 && Name[0] == 'u' => (JsonValue.Create(ulong.MaxValue), [255, 255, 255, 255, 255, 255, 255, 255]),
                1 when Size == 8 => (JsonValue.Create(long.MinValue), [0, 0, 0, 0, 0, 0, 0, 128]),
                _ when Name[0] == 'u' => (JsonNode.Parse(Unsigned(bytes).ToString(System.Globalization.CultureInfo.InvariantCulture)), bytes),
                _ => (JsonNode.Parse(Signed(bytes).ToString(System.Globalization.CultureInfo.InvariantCulture)), bytes),
            };
        }

        if (!IsComplex)
        {
            return Float(version, random, Size);
        }

        (JsonNode? real, byte[]? first) = Float(version, random, Size / 2);
        (JsonNode? imaginary, byte[]? second) = Float(version, random, Size / 2);
        return (new JsonArray(real, imaginary), first is null || second is null ? null : [.. first, .. second]);
    }

    private (JsonNode? Json, byte[]? Bytes) Float(int version, Random random, int size)
    {
        // Numbers of which every format has the exact value come with their bytes; what rounding makes of others is compared among the libraries.
        switch (random.Next(version == 3 ? 7 : 6))
        {
            case 0:
                return ("NaN", null);
            case 1 when Bits > 8 || Name is "float8_e5m2" or "float8_e3m4":
                return (random.Next(2) == 0 ? "Infinity" : "-Infinity", null);
            case 2:
                return (JsonNode.Parse("-0.0"), null);
            case 3:
                double number = (random.NextDouble() - 0.5) * 10;
                return (Bits > 8 ? JsonValue.Create(number) : JsonNode.Parse("0.5"), size == 8 && Bits > 8 ? BitConverter.GetBytes(number) : null);
            case 4 when Bits > 8:
                return (JsonNode.Parse(size == 8 ? "1.7976931348623157e+308" : size == 4 ? "3.4028234663852886e+38" : "1e-7"), null);
            case 6 when !Name.StartsWith("float4", StringComparison.Ordinal):
                byte[] bytes = new byte[size];
                random.NextBytes(bytes);
                bool isNaN = size > 1 && random.Next(2) == 0;
                if (isNaN)
                {
                    bytes[^1] |= 0x7F;
                    bytes[^2] |= 0xF0;
                    bytes[0] |= 1;
                }

                return ("0x" + Convert.ToHexStringLower([.. bytes.Reverse()]), isNaN || size < 4 ? null : bytes);
            default:
                return (JsonNode.Parse("1.5"), null);
        }
    }

    public JsonNode Zero(int version) => Name switch
    {
        "bool" => false,
        "float4_e2m1fn" when version == 2 => "AA==",
        "S5" or "V3" or "pair" or "record" => Convert.ToBase64String(new byte[Size]),
        "U3" => "",
        _ when IsComplex => new JsonArray(JsonNode.Parse("0.0"), JsonNode.Parse("0.0")),
        _ when IsFloat => JsonNode.Parse("0.0")!,
        _ => 0,
    };

    private byte[] One()
    {
        byte[] bytes = new byte[Size];
        bytes[0] = 1;
        return bytes;
    }

    private static ulong Unsigned(byte[] bytes)
    {
        byte[] whole = new byte[8];
        bytes.CopyTo(whole, 0);
        return BitConverter.ToUInt64(whole);
    }

    private static long Signed(byte[] bytes)
    {
        int unused = 64 - (8 * bytes.Length);
        return (long)(Unsigned(bytes) << unused) >> unused;
    }

    private static IEnumerable<ArrayElement> Numpy(string name, string letter, params int[] bits) => bits.Select(count =>
        new ArrayElement($"{name}{count}", count / 8, count, $"\"{(count == 8 ? '|' : '<')}{letter}{count / 8}\"", $"\"{name}{count}\""));
}
