using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>Decoding piece by piece gives what decoding the whole does, wherever the pieces are cut, and finds the same damage.</summary>
public sealed class StreamDecoderTests
{
    private static readonly BytesToBytesCodec[] _codecs =
    [
        new ZstdCodec("zstd", 1, checksum: false),
        new ZstdCodec("zstd", 3, checksum: true),
        new ZstdCodec("zstd", 9, checksum: false),
        new DeflateCodec("gzip", DeflateFormat.Gzip, 5),
        new DeflateCodec("zlib", DeflateFormat.Zlib, 1),
        new Lz4Codec("lz4", 1),
        Blosc(BloscCompressor.Lz4, BloscShuffle.Byte, 4),
        Blosc(BloscCompressor.Zstd, BloscShuffle.Bit, 2),
        Blosc(BloscCompressor.BloscLz, BloscShuffle.None, 1),
        Blosc(BloscCompressor.Zlib, BloscShuffle.Byte, 8),
        Blosc(BloscCompressor.Snappy, BloscShuffle.None, 2),
        ChecksumCodec.Crc32C,
        new ChecksumCodec("crc32", Checksum.Crc32),
        new ChecksumCodec("adler32", Checksum.Adler32),
        new ChecksumCodec("fletcher32", Checksum.Fletcher32),
    ];

    [Test]
    public void Pieces_of_any_length_give_the_whole() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        Random random = new(seed);
        byte[] content = Content(random, random.Next(4) switch { 0 => random.Next(3), 1 => random.Next(2000), 2 => random.Next(300_000), _ => random.Next(3_000_000) });
        BytesToBytesCodec codec = _codecs[random.Next(_codecs.Length)];
        byte[] encoded = Encode(codec, content);
        byte[] decoded = Decode(codec, encoded, random);
        return decoded.AsSpan().SequenceEqual(content);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(80));

    [Test]
    public void Damage_is_an_error_or_other_bytes() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        Random random = new(seed);
        byte[] content = Content(random, random.Next(1, 50_000));
        BytesToBytesCodec codec = _codecs[random.Next(_codecs.Length)];
        byte[] encoded = Encode(codec, content);
        if (random.Next(2) == 0)
        {
            encoded = encoded[..random.Next(encoded.Length)];
        }
        else
        {
            encoded[random.Next(encoded.Length)] ^= (byte)(1 << random.Next(8));
        }

        try
        {
            byte[] decoded = Decode(codec, encoded, random);
            // The sums of Fletcher are the same for any number of zeros.
            return codec is not ChecksumCodec || codec.Name == "fletcher32" || decoded.AsSpan().SequenceEqual(content);
        }
        catch (OcdbtSharpException)
        {
            return true;
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static BloscCodec Blosc(BloscCompressor compressor, BloscShuffle shuffle, int size) => new(
        "blosc", new BloscOptions(compressor, 5, shuffle, size), null);

    private static byte[] Encode(BytesToBytesCodec codec, byte[] content)
    {
        byte[] room = new byte[codec.MaxEncodedLength(content.Length)];
        return room[..(int)codec.Encode(content.AsSpan(), room.AsSpan())];
    }

    private static byte[] Decode(BytesToBytesCodec codec, byte[] encoded, Random random)
    {
        using StreamDecoder decoder = ((IStreamingCodec)codec).OpenDecoder();
        using MemoryStream decoded = new();
        int least = random.Next(2) == 0 ? 1 : 200_000;
        int first = 0;
        int end = 0;
        while (true)
        {
            LongMemory piece = decoder.Read(encoded.AsSpan(first, end - first), end == encoded.Length, out long used);
            first += (int)used;
            decoded.Write(piece.Span.Window(0, (int)piece.Length));
            if (piece.Length > 0 || used > 0)
            {
                continue;
            }

            if (end == encoded.Length)
            {
                return first == end ? decoded.ToArray() : throw new CorruptDataException("bytes are left");
            }

            end = (int)Math.Min(encoded.Length, end + least + (long)random.Next(200_000));
        }
    }

    private static byte[] Content(Random random, int length)
    {
        byte[] content = new byte[length];
        for (int done = 0; done < length;)
        {
            int run = Math.Min(length - done, random.Next(1, 100_000));
            Span<byte> target = content.AsSpan(done, run);
            switch (random.Next(3))
            {
                case 0:
                    random.NextBytes(target);
                    break;
                case 1:
                    target.Fill((byte)random.Next(256));
                    break;
                default:
                    // What came before, from near or far.
                    content.AsSpan(random.Next(Math.Max(1, done)), Math.Min(run, done / 2)).CopyTo(target);
                    break;
            }

            done += run;
        }

        return content;
    }
}
