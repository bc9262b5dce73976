using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore.Zstandard;
using OcdbtSharp.Testing;

namespace OcdbtSharp.KvStore.Tests.Zstandard;

public sealed class ZstdDecoderTests
{
    private static readonly int[] Levels = [-7, -1, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 17, 19, 22];

    private static readonly int[] Lengths =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 1000, 1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 16383, 16384, 16385,
        65535, 65536, 65537, 65791, 65792, 131071, 131072, 131073, 131080, 200_000, 262_143, 262_144, 262_145, 300 << 10,
    ];

    [TestCaseSource(typeof(ZstdSamples), nameof(ZstdSamples.Kinds))]
    public void Contents_of_every_level_are_what_was_compressed(string kind)
    {
        byte[] content = ZstdSamples.Create(kind, 300_001);
        foreach (int level in Levels)
        {
            Verify(content, ZstdSamples.Compress(content, level, checksum: level % 2 == 0), $"level {level}");
        }
    }

    [TestCaseSource(typeof(ZstdSamples), nameof(ZstdSamples.Kinds))]
    public void Contents_of_every_length_are_what_was_compressed(string kind)
    {
        foreach (int length in Lengths)
        {
            byte[] content = ZstdSamples.Create(kind, length, seed: length);
            foreach (int level in new[] { 1, 3, 9 })
            {
                Verify(content, ZstdSamples.Compress(content, level, checksum: true), $"{length} bytes at level {level}");
            }
        }
    }

    [Test]
    public void Whatever_is_compressed_comes_back() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(5000),
        Prop.ForAll<byte[], int, byte>((pattern, repeat, level) =>
        {
            byte[] content = [.. Enumerable.Repeat(pattern, Math.Abs(repeat % 50)).SelectMany(part => part)];
            return Decode(ZstdSamples.Compress(content, (level % 29) - 6), content.Length).AsSpan().SequenceEqual(content);
        }));

    [TestCaseSource(typeof(ZstdSamples), nameof(ZstdSamples.Kinds))]
    public void Pieces_of_any_length_give_the_same(string kind)
    {
        byte[] content = ZstdSamples.Create(kind, 700_000);
        byte[] frames = [.. ZstdSamples.Compress(content[..400_000], 1, checksum: true), .. Skippable(1000), .. ZstdSamples.Compress(content[400_000..], 1)];
        Random random = new(1);
        for (int round = 0; round < 10; round++)
        {
            byte[] decoded = new byte[content.Length];
            using ZstdDecoder decoder = ZstdDecoder.Rent();
            int used = 0;
            for (int given = 0; used < frames.Length;)
            {
                given = Math.Min(frames.Length, Math.Max(given, used + ZstdDecoder.MinSource) + random.Next(100_000));
                int more = (int)decoder.Read(frames.AsSpan(used, given - used), decoded.AsSpan());
                Assert.That(more, Is.Positive);
                used += more;
            }

            Assert.That(decoder.IsAtEnd, Is.True);
            Assert.That(decoded.AsSpan(0, (int)decoder.Written).SequenceEqual(content), Is.True);
        }
    }

    [Test]
    public void Frames_follow_each_other_and_some_are_skipped()
    {
        byte[] first = ZstdSamples.Create("text", 5000);
        byte[] second = ZstdSamples.Create("mixed", 200_000);
        byte[] frames = [.. Skippable(0), .. ZstdSamples.Compress(first, 3), .. Skippable(77), .. ZstdSamples.Compress(second, 3, checksum: true), .. Skippable(1)];
        Verify([.. first, .. second], frames, "frames");
        Assert.That(ZstdFrames.Measure(frames), Is.EqualTo(new ZstdFrames(2, 205_000)));
    }

    [Test]
    public void A_frame_that_does_not_tell_its_length_is_measured_by_its_blocks()
    {
        byte[] content = ZstdSamples.Create("text", 300_000);
        using MemoryStream stream = new();
        using (ZstdSharp.CompressionStream compression = new(stream, 3, leaveOpen: true))
        {
            for (int i = 0; i < content.Length; i += 10_000)
            {
                compression.Write(content.AsSpan(i, 10_000));
            }
        }

        byte[] frame = stream.ToArray();
        Verify(content, frame, "stream");
        Assert.That(ZstdFrames.Measure(frame), Is.EqualTo(new ZstdFrames(1, 3 * 131072)));
    }

    [Test]
    public void A_wrong_checksum_is_found()
    {
        byte[] frame = ZstdSamples.Compress(ZstdSamples.Create("weights", 300_000), 1, checksum: true);
        frame[^1] ^= 1;
        Assert.That(() => Decode(frame, 300_000), Throws.TypeOf<CorruptDataException>().With.Message.Contains("checksum"));
    }

    [Test]
    public void A_wrong_length_is_found()
    {
        byte[] frame = ZstdSamples.Compress(ZstdSamples.Create("text", 1000), 3);
        Assert.That(BitConverter.ToUInt16(frame, 5), Is.EqualTo(1000 - 256));
        frame[5]++;
        Assert.That(() => Decode(frame, 2000), Throws.TypeOf<CorruptDataException>().With.Message.Contains("instead of the 1001"));
    }

    [TestCaseSource(typeof(ZstdSamples), nameof(ZstdSamples.Kinds))]
    public void A_destination_that_is_too_short_is_refused(string kind)
    {
        byte[] content = ZstdSamples.Create(kind, 270_000);
        byte[] frame = ZstdSamples.Compress(content, 3);
        foreach (int room in new[] { 0, 1, 100, 131_072, 200_000, 262_144, 269_999 })
        {
            Assert.That(() => Decode(frame, room), Throws.TypeOf<CorruptDataException>(), $"{room} bytes");
        }
    }

    [Test]
    public void A_frame_cut_at_any_byte_is_refused()
    {
        byte[] frame = ZstdSamples.Compress(ZstdSamples.Create("mixed", 5000), 3, checksum: true);
        for (int length = 0; length < frame.Length; length++)
        {
            byte[] cut = frame[..length];
            if (length > 0)
            {
                Assert.That(() => ZstdFrames.Measure(cut), Throws.TypeOf<CorruptDataException>(), $"{length} bytes");
                Assert.That(() => Decode(cut, 5000), Throws.TypeOf<CorruptDataException>(), $"{length} bytes");
            }
        }
    }

    [TestCase("28b52ffd01", "07")]
    [TestCase("28b52ffd03", "01000000")]
    public void Dictionaries_are_not_supported(string start, string dictionary) =>
        Assert.That(() => Decode(Convert.FromHexString(start + "00" + dictionary + "010000"), 100), Throws.TypeOf<UnsupportedFormatException>());

    [TestCase("28b52ffd2000010000", "", TestName = "An_empty_raw_block")]
    [TestCase("28b52ffd2003190000414243", "414243", TestName = "A_raw_block")]
    [TestCase("28b52ffd20051b000000", null, TestName = "A_block_of_other_length_than_its_frame_says")]
    [TestCase("28b52ffd20032b0000", null, TestName = "A_repeated_block_without_its_byte")]
    [TestCase("28b52ffd20052b000061", "6161616161", TestName = "A_repeated_block")]
    [TestCase("28b52ffd2005070000", null, TestName = "The_reserved_type_of_block")]
    [TestCase("28b52ffd2805290000", null, TestName = "A_reserved_bit_of_the_header")]
    [TestCase("28b52ffd00ff290000", null, TestName = "A_window_that_is_too_large")]
    [TestCase("27b52ffd00", null, TestName = "Another_magic_number")]
    [TestCase("28b52ffd2005150000000000", null, TestName = "Bytes_behind_no_sequences")]
    [TestCase("28b52ffd20050d000000", null, TestName = "Literals_without_sequences")]
    public void Frames_put_together_by_hand(string frame, string? content)
    {
        if (content is null)
        {
            Assert.That(() => Decode(Convert.FromHexString(frame), 1000), Throws.TypeOf<CorruptDataException>());
        }
        else
        {
            Assert.That(Convert.ToHexStringLower(Decode(Convert.FromHexString(frame), 1000)), Is.EqualTo(content));
        }
    }

    [TestCase(1)]
    [TestCase(19)]
    public async Task Files_of_the_reference_program_are_read(int level)
    {
        if (!ChildProcess.Exists("zstd"))
        {
            Assert.Ignore("there is no zstd program here");
        }

        using TemporaryFolder folder = new();
        foreach (string kind in ZstdSamples.Kinds)
        {
            byte[] content = ZstdSamples.Create(kind, 900_000);
            string path = Path.Combine(folder.Path, kind);
            await File.WriteAllBytesAsync(path, content);
            await ChildProcess.RunAsync("zstd", ["-q", $"-{level}", path, "-o", path + ".zst"], TimeSpan.FromMinutes(1));
            Verify(content, await File.ReadAllBytesAsync(path + ".zst"), kind);
        }
    }

    private static byte[] Skippable(int length) => [0x5A, 0x2A, 0x4D, 0x18, .. BitConverter.GetBytes(length), .. new byte[length]];

    private static byte[] Decode(byte[] frames, int room)
    {
        byte[] destination = new byte[room];
        return destination[..(int)ZstdDecoder.Decode(frames.AsSpan(), destination.AsSpan())];
    }

    private static void Verify(byte[] content, byte[] frames, string what)
    {
        Assert.That(Decode(frames, content.Length).AsSpan().SequenceEqual(content), Is.True, what);
        Assert.That(Decode(frames, content.Length + 100).AsSpan().SequenceEqual(content), Is.True, $"{what}, with more room than needed");
        ulong bound = ZstdFrames.Measure((ReadOnlySpan<byte>)frames).MaxContentLength;
        Assert.That(bound, Is.GreaterThanOrEqualTo((ulong)content.Length), what);
    }
}
