using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

public sealed class Bz2Tests
{
    // What bzip2 1.0.8 makes of nothing.
    private const string Nothing = "425a683917724538509000000000";

    [Test]
    public void Suffixes_are_sorted([Values(1, 2, 3, 5, 256)] int alphabet)
    {
        Random random = new(alphabet);
        for (int length = 0; length < 120; length++)
        {
            int[] text = [.. Enumerable.Range(0, length).Select(i => i > 3 && random.Next(3) > 0 ? -1 : random.Next(alphabet))];
            for (int i = 0; i < length; i++)
            {
                // Repetitions make stretches that are the same.
                text[i] = text[i] >= 0 ? text[i] : text[i / 2];
            }

            int[] order = new int[length];
            SuffixArray.Sort(text, alphabet - 1, order);
            int[] expected = [.. Enumerable.Range(0, length)];
            Array.Sort(expected, (left, right) => text.AsSpan(left).SequenceCompareTo(text.AsSpan(right)));
            Assert.That(order, Is.EqualTo(expected), string.Join(' ', text));
        }
    }

    [Test]
    public void Texts_of_all_kinds_come_back([Values(1, 2, 9)] int level)
    {
        foreach (byte[] text in Texts())
        {
            byte[] encoded = Encode(text, level);
            byte[] decoded = new byte[text.Length];
            Assert.That(Bz2Decoder.Decode(encoded, decoded), Is.EqualTo(text.Length));
            Assert.That(decoded.AsSpan().SequenceEqual(text), $"{text.Length} bytes");
        }
    }

    [Test]
    public void Nothing_is_written_as_bzip2_writes_it() => Assert.That(Convert.ToHexStringLower(Encode([], 9)), Is.EqualTo(Nothing));

    [Test]
    public void Streams_that_follow_each_other_are_one()
    {
        byte[] encoded = [.. Encode("first, "u8.ToArray(), 1), .. Convert.FromHexString(Nothing), .. Encode("second"u8.ToArray(), 9)];
        byte[] decoded = new byte[13];
        Assert.That(Bz2Decoder.Decode(encoded, decoded), Is.EqualTo(13));
        Assert.That(decoded, Is.EqualTo("first, second"u8.ToArray()));
        Assert.Throws<CorruptDataException>(() => Bz2Decoder.Decode([.. encoded, 0], new byte[13]));
    }

    [Test]
    public void More_than_there_is_room_for_is_told()
    {
        foreach (byte[] text in Texts().Where(text => text.Length > 0))
        {
            Assert.That(Bz2Decoder.Decode(Encode(text, 1), new byte[text.Length - 1]), Is.EqualTo(int.MaxValue));
        }
    }

    [Test]
    public void Every_damaged_byte_is_noticed()
    {
        byte[] text = TestBytes.Compressible(2000, seed: 8);
        byte[] encoded = Encode(text, 1);
        for (int i = 0; i < encoded.Length - 1; i++)
        {
            byte[] damaged = [.. encoded];
            damaged[i] ^= 0x10;
            byte[] decoded = new byte[text.Length];
            try
            {
                int length = Bz2Decoder.Decode(damaged, decoded);
                Assert.That(length == int.MaxValue || (length == text.Length && decoded.AsSpan().SequenceEqual(text)), $"byte {i}: {length}");
            }
            catch (OcdbtSharpException error) when (error is CorruptDataException or UnsupportedFormatException)
            {
                // A bit that no code depends on, such as the level, may be another.
            }
        }
    }

    private static IEnumerable<byte[]> Texts()
    {
        foreach (int length in (int[])[0, 1, 2, 3, 4, 5, 100, 259, 260, 99_981, 110_000])
        {
            yield return new byte[length];
            yield return TestBytes.Random(length, seed: length);
            yield return TestBytes.Compressible(length, seed: length);
            yield return [.. Enumerable.Range(0, length).Select(i => (byte)(i % 2))];
            yield return [.. Enumerable.Range(0, length).Select(i => (byte)(i / 4))];
            yield return [.. Enumerable.Range(0, length).Select(i => (byte)(i / 259))];
        }
    }

    private static byte[] Encode(byte[] text, int level)
    {
        byte[] encoded = new byte[new Bz2Codec("bz2", level).MaxEncodedLength(text.Length)];
        return encoded[..Bz2Encoder.Encode(text, encoded, level)];
    }
}
