using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore.Zstandard;
using ZstdSharp;

namespace OcdbtSharp.KvStore.Tests.Zstandard;

public sealed class ZstdLiteralsEncoderTests
{
    private static readonly int[] Lengths =
    [
        0, 1, 255, 256, 257, 1023, 1024, 1025, 1026, 1027, 1028, 4095, 65791, 65792, 131071, 131072, 131073, 132095, 132096, 132097, 262_144, 300_001,
    ];

    [TestCaseSource(typeof(ZstdSamples), nameof(ZstdSamples.Kinds))]
    public void Contents_of_every_length_come_back(string kind)
    {
        foreach (int length in Lengths)
        {
            Verify(ZstdSamples.Create(kind, length, seed: length), checksum: length % 2 == 0);
        }
    }

    [Test]
    public void Whatever_is_encoded_comes_back() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(300),
        Prop.ForAll<int, byte, byte>((seed, symbols, skew) => Verify(Skewed(new Random(seed), 1 + symbols, 1 + (skew / 16.0)), checksum: seed % 2 == 0)));

    [TestCase("weights", 0.002)]
    [TestCase("halves", 0.002)]
    [TestCase("skewed", 0.02)]
    public void Frames_of_data_without_matches_are_as_short_as_those_of_zstd(string kind, double tolerance)
    {
        byte[] content = ZstdSamples.Create(kind, 1 << 20);
        int theirs = ZstdSamples.Compress(content, 1).Length;
        Assert.That(Encode(content).Length, Is.LessThan(theirs * (1 + tolerance)));
    }

    [Test]
    public void Codes_longer_than_the_format_has_are_shortened()
    {
        // Fibonacci numbers make the deepest trees.
        List<byte> content = [];
        for ((int symbol, int count, int next) = (0, 1, 1); content.Count + count < 120_000; (symbol, count, next) = (symbol + 1, next, count + next))
        {
            content.AddRange(Enumerable.Repeat((byte)(symbol * 5), count));
        }

        new Random(1).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(content));
        Verify([.. content], checksum: false);
    }

    [Test]
    public void Every_code_is_complete_and_within_the_limit() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll<int, byte>((seed, symbols) =>
        {
            Random random = new(seed);
            uint[] counts = new uint[LiteralCounts.Symbols];
            for (int i = 0; i < 2 + symbols; i++)
            {
                counts[random.Next(counts.Length)] += (uint)(1 + Math.Exp(random.NextDouble() * 11));
            }

            counts[0]++;
            counts[255]++;
            HuffmanCode code = new();
            if (!code.TryBuild(counts))
            {
                return;
            }

            double kraft = 0;
            for (int symbol = 0; symbol < counts.Length; symbol++)
            {
                int length = (byte)code.Entries[symbol];
                Assert.That(length > 0, Is.EqualTo(counts[symbol] > 0), $"symbol {symbol}");
                Assert.That(length, Is.LessThanOrEqualTo(ZstdFormat.MaxHuffmanLog));
                kraft += length > 0 ? Math.Pow(2, -length) : 0;
            }

            Assert.That(kraft, Is.EqualTo(1));
        }));

    [Test]
    public void Bytes_do_not_depend_on_the_number_of_threads()
    {
        const int length = (67 << 20) + 77;
        byte[] content = ZstdSamples.Create("halves", length);
        byte[] expected = Encode(content, checksum: true);
        byte[] frame = new byte[ZstdLiteralsEncoder.MaxLength(length)];
        foreach (int degree in new[] { 2, 5 })
        {
            long written = ZstdLiteralsEncoder.Encode(content.AsSpan(), frame.AsSpan(), checksum: true, degree);
            Assert.That(frame.AsSpan(0, (int)written).SequenceEqual(expected), Is.True, $"{degree} threads");
        }
    }

    [Test]
    public void Nothing_beside_source_and_destination_is_touched()
    {
        if (!GuardedMemory.IsSupported)
        {
            Assert.Ignore("Pages cannot be protected here.");
        }

        foreach (int length in new[] { 1024, 1025, 131_072, 140_001 })
        {
            byte[] content = ZstdSamples.Create("halves", length);
            byte[] expected = Encode(content);
            using GuardedMemory source = new(length);
            using GuardedMemory destination = new((int)ZstdLiteralsEncoder.MaxLength(length));
            foreach (bool atEnd in new[] { false, true })
            {
                Span<byte> from = source.Take(length, atEnd);
                content.CopyTo(from);
                Span<byte> to = destination.Take((int)ZstdLiteralsEncoder.MaxLength(length), atEnd);
                long written = ZstdLiteralsEncoder.Encode(from, to, checksum: false);
                Assert.That(to[..(int)written].SequenceEqual(expected), Is.True);
            }
        }
    }

    // One byte in so many is of each symbol, less and less often.
    private static byte[] Skewed(Random random, int symbols, double skew)
    {
        byte[] content = new byte[random.Next(1000, 200_000)];
        byte first = (byte)random.Next(256);
        for (int i = 0; i < content.Length; i++)
        {
            content[i] = (byte)(first + (int)(symbols * Math.Pow(random.NextDouble(), skew)));
        }

        return content;
    }

    private static byte[] Encode(byte[] content, bool checksum = false)
    {
        byte[] frame = new byte[ZstdLiteralsEncoder.MaxLength(content.Length)];
        long length = ZstdLiteralsEncoder.Encode(content.AsSpan(), frame.AsSpan(), checksum);
        return frame[..(int)length];
    }

    private static void Verify(byte[] content, bool checksum)
    {
        byte[] frame = Encode(content, checksum);
        ZstdFrames frames = ZstdFrames.Measure(frame);
        Assert.That(frames, Is.EqualTo(new ZstdFrames(1, (ulong)content.Length)));
        byte[] ours = new byte[content.Length];
        Assert.That(ZstdDecoder.Decode(frame, ours.AsSpan()), Is.EqualTo(content.Length));
        Assert.That(ours.AsSpan().SequenceEqual(content), Is.True, "ours");
        using Decompressor decompressor = new();
        Assert.That(decompressor.Unwrap(frame).SequenceEqual(content), Is.True, "ZstdSharp");
    }
}
