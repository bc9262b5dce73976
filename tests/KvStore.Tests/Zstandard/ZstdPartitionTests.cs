using OcdbtSharp.KvStore.Zstandard;

namespace OcdbtSharp.KvStore.Tests.Zstandard;

/// <summary>Frames of literals alone can be cut into parts, each of which is decoded on its own; others are left whole.</summary>
public sealed class ZstdPartitionTests
{
    private const int PartLength = 1 << 20;

    [Test]
    public void Parts_make_the_content([Values("weights", "halves", "skewed", "noise", "zeros")] string kind, [Values(1, 1 << 20, 7_340_033)] int length)
    {
        byte[] content = ZstdSamples.Create(kind, length);
        byte[] frame = new byte[ZstdLiteralsEncoder.MaxLength(length)];
        frame = frame[..(int)ZstdLiteralsEncoder.Encode(content.AsSpan(), frame.AsSpan(), checksum: false)];
        VerifyParts(frame, content, kind is "noise" or "zeros" || length < 2 * PartLength ? 1 : 3);
    }

    [Test]
    public void Frames_of_zstd_are_cut_where_nothing_matches()
    {
        byte[] content = ZstdSamples.Create("weights", 9 << 20);
        VerifyParts(ZstdSamples.Compress(content, 1), content, 8);
    }

    [TestCase("text", false)]
    [TestCase("mixed", false)]
    [TestCase("weights", true)]
    public void Frames_with_matches_or_a_checksum_stay_whole(string kind, bool checksum)
    {
        byte[] content = ZstdSamples.Create(kind, 4 << 20);
        Assert.That(Cut(ZstdSamples.Compress(content, 3, checksum), content.Length), Is.Null);
    }

    [Test]
    public void Damaged_frames_are_refused_or_cut_within_their_bounds()
    {
        byte[] content = ZstdSamples.Create("weights", 3 << 20);
        byte[] frame = ZstdSamples.Compress(content, 1);
        Random random = new(1);
        for (int round = 0; round < 3000; round++)
        {
            byte[] damaged = (byte[])frame.Clone();
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                // Headers lie at the begin of the frame and of blocks, most likely found near the first.
                damaged[random.Next(2) == 0 ? random.Next(40) : random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            int length = random.Next(4) == 0 ? random.Next(damaged.Length) : damaged.Length;
            if (Cut(damaged[..length], content.Length) is { } parts)
            {
                Assert.That(parts.Sum(part => part.ContentLength), Is.EqualTo(content.Length));
                Assert.That(parts.All(part => part is { Start: > 0, Length: > 0, ContentStart: >= 0, ContentLength: >= 0 }), Is.True);
                Assert.That(parts[^1].Start + parts[^1].Length, Is.EqualTo(length));
            }
        }

        Assert.That(Cut(frame, content.Length - 1), Is.Null);
        Assert.That(Cut([.. frame, 0], content.Length), Is.Null);
        Assert.That(Cut([], 0), Is.Null);
    }

    private static void VerifyParts(byte[] frame, byte[] content, int atLeast)
    {
        IReadOnlyList<ZstdPart>? parts = Cut(frame, content.Length);
        Assert.That(parts, Is.Not.Null);
        Assert.That(parts!, Has.Count.GreaterThanOrEqualTo(atLeast));
        byte[] decoded = new byte[content.Length];
        foreach (ZstdPart part in parts!.Reverse())
        {
            using ZstdDecoder decoder = ZstdDecoder.RentForPart();
            Span<byte> destination = decoded.AsSpan((int)part.ContentStart, (int)part.ContentLength);
            Assert.That(decoder.Read(frame.AsSpan((int)part.Start, (int)part.Length), destination), Is.EqualTo(part.Length));
            Assert.That(decoder.Written, Is.EqualTo(part.ContentLength));
            Assert.That(decoder.IsAtEnd, Is.True);
        }

        Assert.That(decoded.AsSpan().SequenceEqual(content), Is.True);
    }

    private static IReadOnlyList<ZstdPart>? Cut(byte[] frame, int contentLength)
    {
        ZstdPartition partition = new(frame.Length, contentLength, PartLength);
        while (!partition.IsComplete)
        {
            int start = (int)partition.Position;
            if (!partition.TryAdd(frame.AsSpan(start, Math.Min(ZstdPartition.WindowLength, frame.Length - start))))
            {
                return null;
            }
        }

        return partition.Parts;
    }
}
