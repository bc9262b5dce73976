using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>The filters and compressors of version 2 against bytes of numcodecs, against their definitions, and there and back.</summary>
public sealed class NumcodecsTests
{
    private static readonly string[] Compressors = ["blosc", "bz2", "gzip", "lz4", "zlib", "zstd"];

    private static readonly string[] Lossless =
    [
        """{"id": "blosc", "cname": "blosclz", "clevel": 5, "shuffle": -1}""", """{"id": "blosc", "cname": "lz4", "clevel": 1, "shuffle": 2}""",
        """{"id": "bz2", "level": 1}""", """{"id": "bz2", "level": 9}""", """{"id": "lz4", "acceleration": 1}""", """{"id": "lz4"}""",
        """{"id": "gzip", "level": 1}""", """{"id": "gzip", "level": 0}""", """{"id": "zlib", "level": 9}""", """{"id": "zlib", "level": -1}""",
        """{"id": "zstd", "level": 3}""", """{"id": "zstd", "level": -5, "checksum": true}""", """{"id": "zstd", "level": 19}""",
        """{"id": "crc32"}""", """{"id": "crc32", "location": "end"}""", """{"id": "adler32"}""", """{"id": "adler32", "location": "end"}""",
        """{"id": "crc32c"}""", """{"id": "crc32c", "location": "start"}""", """{"id": "fletcher32"}""",
        """{"id": "shuffle", "elementsize": 1}""", """{"id": "shuffle", "elementsize": 8}""", """{"id": "shuffle"}""",
        """{"id": "delta", "dtype": "<i8"}""", """{"id": "delta", "dtype": "|i1", "astype": "<i8"}""", """{"id": "delta", "dtype": "u2", "astype": "int32"}""",
        """{"id": "delta", "dtype": ">i4", "astype": "<i4"}""", """{"id": "delta", "dtype": "uint32"}""",
    ];

    private static readonly string[] Others =
    [
        """{"id": "packbits"}""", """{"id": "delta", "dtype": "<f4", "astype": "<f2"}""",
        """{"id": "fixedscaleoffset", "scale": 10, "offset": 3.5, "dtype": "<f8", "astype": "<i2"}""",
    ];

    [TestCaseSource(typeof(CodecVector), nameof(CodecVector.All))]
    public void Bytes_of_numcodecs_are_read(object value)
    {
        CodecVector vector = (CodecVector)value;
        BytesToBytesCodec codec = CodecVector.Codec(vector.Config);
        Assert.That(CodecVector.Decode(codec, vector.Encoded, vector.Decoded.Length), Is.EqualTo(vector.Decoded));
        Assert.That(CodecVector.DecodeFreely(codec, vector.Encoded, 2 * vector.Decoded.Length), Is.EqualTo(vector.Decoded));
    }

    [TestCaseSource(typeof(CodecVector), nameof(CodecVector.All))]
    public void Filters_write_the_bytes_of_numcodecs_and_compressors_what_can_be_read(object value)
    {
        CodecVector vector = (CodecVector)value;
        BytesToBytesCodec codec = CodecVector.Codec(vector.Config);
        byte[] encoded = CodecVector.Encode(codec, vector.Plain);
        if (Compressors.Contains(vector.Id))
        {
            Assert.That(CodecVector.Decode(codec, encoded, vector.Plain.Length), Is.EqualTo(vector.Plain));
        }
        else
        {
            Assert.That(encoded, Is.EqualTo(vector.Encoded));
        }
    }

    [TestCaseSource(typeof(CodecVector), nameof(CodecVector.All))]
    public void Version_3_has_them_under_names_of_their_own(object value)
    {
        CodecVector vector = (CodecVector)value;
        bool packs = vector.Id == "packbits";
        string type = packs ? "bool" : vector.Config.TryGetProperty("dtype", out JsonElement dtype) ? Name(dtype.GetString()!) : "uint8";
        if (vector.Config.GetRawText().Contains('>', StringComparison.Ordinal))
        {
            Assert.Throws<UnsupportedFormatException>(() => Pipeline(vector, type, 1));
            return;
        }

        int size = DataType.Parse(type).Size;
        CodecPipeline pipeline = Pipeline(vector, type, vector.Plain.Length / size);
        byte[] decoded = new byte[vector.Decoded.Length];
        pipeline.Decode(vector.Encoded.AsSpan(), ArrayView.RowMajor(decoded, pipeline.Spec.Shape, size));
        Assert.That(decoded, Is.EqualTo(vector.Decoded));
        using EncodedChunk encoded = pipeline.Encode(ArrayView.RowMajor(vector.Plain, pipeline.Spec.Shape, size));
        if (!Compressors.Contains(vector.Id))
        {
            Assert.That(encoded.Span.Window(0, (int)encoded.Length).SequenceEqual(vector.Encoded));
        }
    }

    [Test]
    public void Random_bytes_come_back_from_every_lossless_codec([ValueSource(nameof(Lossless))] string config)
    {
        BytesToBytesCodec codec = CodecVector.Codec(config);
        Prop.ForAll(ArbMap.Default.ArbFor<(ushort Count, int Seed, bool Compressible)>(), x =>
        {
            int length = 8 * (x.Count % 3000);
            byte[] plain = x.Compressible ? TestBytes.Compressible(length, x.Seed) : TestBytes.Random(length, x.Seed);
            byte[] encoded = CodecVector.Encode(codec, plain);
            return (codec.EncodedLength(length) ?? encoded.Length) == encoded.Length && codec.MaxDecodedLength(encoded.Length) >= length
                && CodecVector.Decode(codec, encoded, length).AsSpan().SequenceEqual(plain)
                && CodecVector.DecodeFreely(codec, encoded, Math.Max(1, length)).AsSpan().SequenceEqual(plain);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Lengths_that_are_not_expected_are_errors([ValueSource(nameof(Lossless))] string config)
    {
        BytesToBytesCodec codec = CodecVector.Codec(config);
        byte[] encoded = CodecVector.Encode(codec, TestBytes.Compressible(4000, seed: 1));
        foreach (int length in (int[])[0, 8, 3992, 4008, 100_000])
        {
            Assert.Throws<CorruptDataException>(() => CodecVector.Decode(codec, encoded, length), $"{length}");
        }

        if (codec.EncodedLength(4000) is null)
        {
            Assert.Throws<CorruptDataException>(() => CodecVector.DecodeFreely(codec, encoded, 3999));
        }
    }

    [Test]
    public void Damaged_bytes_are_a_typed_error_or_give_bytes([ValueSource(nameof(Lossless)), ValueSource(nameof(Others))] string config)
    {
        BytesToBytesCodec codec = CodecVector.Codec(config);
        byte[] encoded = CodecVector.Encode(codec, TestBytes.Compressible(4000, seed: 2));
        Mutation.Check(encoded, bytes => CodecVector.Decode(codec, bytes, 4000), seed: 1);
        Mutation.Check(encoded, bytes => CodecVector.DecodeFreely(codec, bytes, 4000), seed: 2);
        Assert.Throws<CorruptDataException>(() => CodecVector.Decode(codec, [], 4000));
    }

    [Test]
    public void Packed_bits_of_every_length_come_back()
    {
        BytesToBytesCodec codec = CodecVector.Codec("""{"id": "packbits"}""");
        for (int length = 0; length < 70; length++)
        {
            byte[] flags = [.. TestBytes.Random(length, seed: length).Select(value => (byte)(value & 1))];
            byte[] encoded = CodecVector.Encode(codec, flags);
            Assert.That(encoded, Has.Length.EqualTo(codec.EncodedLength(length)));
            Assert.That(encoded[0], Is.EqualTo((8 - (length % 8)) % 8));
            for (int i = 0; i < length; i++)
            {
                Assert.That((encoded[1 + (i / 8)] >> (7 - (i % 8))) & 1, Is.EqualTo(flags[i]));
            }

            Assert.That(CodecVector.Decode(codec, encoded, length), Is.EqualTo(flags));
        }
    }

    [TestCase("fletcher32", "770700000000000085f6ffffffffffff690700000000000094f6ffffffffffff88090000000000006903000000000000"
        + "93fdffffffffffffc3fcffffffffffff2702000000000000baf7ffffffffffff", "fd258664")]
    [TestCase("fletcher32", "", "00000000")]
    [TestCase("fletcher32", "01", "00010001")] // the word 0x0100 once in both sums
    [TestCase("fletcher32", "010203", "02040405")] // words 0x0102, 0x0300: sums 0x0402 and 0x0504
    [TestCase("crc32c", "313233343536373839", "839206e3")]
    public void Checksums_behind_the_bytes_are_those_of_their_definitions(string id, string bytes, string checksum)
    {
        byte[] encoded = CodecVector.Encode(CodecVector.Codec($$"""{"id": "{{id}}"}"""), Convert.FromHexString(bytes));
        Assert.That(Convert.ToHexStringLower(encoded), Is.EqualTo(bytes + checksum));
    }

    [TestCase("crc32", "2639f4cb")]
    [TestCase("adler32", "de011e09")]
    public void Checksums_before_the_bytes_are_those_of_their_definitions(string id, string checksum)
    {
        byte[] encoded = CodecVector.Encode(CodecVector.Codec($$"""{"id": "{{id}}"}"""), Encoding.ASCII.GetBytes("123456789"));
        Assert.That(Convert.ToHexStringLower(encoded), Is.EqualTo(checksum + "313233343536373839"));
    }

    [Test]
    public void Long_fletcher_sums_are_those_of_the_definition()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)0xFF, 10_001)];
        ulong sum = 0;
        ulong sumOfSums = 0;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += (ulong)((bytes[i] << 8) | (i + 1 < bytes.Length ? bytes[i + 1] : 0));
            sumOfSums += sum;
        }

        Fletcher32 fletcher = new();
        fletcher.Append(bytes);
        Assert.That(fletcher.Value % 65536 % 65535, Is.EqualTo(sum % 65535));
        Assert.That((fletcher.Value >> 16) % 65535, Is.EqualTo(sumOfSums % 65535));
    }

    private static CodecPipeline Pipeline(CodecVector vector, string type, long count)
    {
        string options = string.Join(", ", vector.Config.EnumerateObject().Where(member => member.Name != "id").Select(member => $"\"{member.Name}\": {member.Value.GetRawText()}"));
        string filter = $$"""{"name": "numcodecs.{{vector.Id}}", "configuration": { {{options}} } }""";
        const string bytes = """{"name": "bytes", "configuration": {"endian": "little"}}""";
        bool isElementFilter = vector.Id is "delta" or "fixedscaleoffset" or "packbits";
        using JsonDocument codecs = JsonDocument.Parse(isElementFilter ? $"[{filter}, {bytes}]" : $"[{bytes}, {filter}]");
        return CodecRegistry.CreatePipeline(codecs.RootElement.Clone(), new ChunkSpec([count], DataType.Parse(type), null));
    }

    private static string Name(string numpy) => numpy[1] switch { 'i' => "int", 'u' => "uint", _ => "float" } + (8 * (numpy[2] - '0'));
}
