using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

public sealed class BloscTests
{
    private static readonly string[] GoldenPrefixes = ["codec-blosc-", "python-blosc", "large-chunks-blosc"];

    private static IEnumerable<object> Compressors => Enum.GetValues<BloscCompressor>().Cast<object>();

    private static IEnumerable<object> Shuffles => Enum.GetValues<BloscShuffle>().Cast<object>();

    private static IEnumerable<TestCaseData> GoldenV2() => GoldenChunks.Cases("zarr2", GoldenPrefixes);

    private static IEnumerable<TestCaseData> GoldenV3() => GoldenChunks.Cases("zarr3", GoldenPrefixes);

    [TestCaseSource(nameof(GoldenV2))]
    [TestCaseSource(nameof(GoldenV3))]
    public void Frames_of_c_blosc_are_read(GoldenCase golden) => GoldenChunks.Check(golden, Decode);

    [Test]
    public void Every_compressor_level_and_shuffle_round_trips(
        [ValueSource(nameof(Compressors))] object compressor, [Values(0, 1, 2, 3, 5, 7, 9)] int level, [ValueSource(nameof(Shuffles))] object shuffle)
    {
        foreach (int typeSize in (int[])[1, 2, 4, 7, 8, 16, 17, 255])
        {
            foreach (int length in (int[])[0, 1, 127, 128, 1000, 70001])
            {
                byte[] source = TestBytes.Compressible(length, seed: length + typeSize);
                var options = new BloscOptions((BloscCompressor)compressor, level, (BloscShuffle)shuffle, typeSize);
                Assert.That(Decode(Encode(source, options), length).AsSpan().SequenceEqual(source), Is.True, $"{options}, {length} bytes");
            }
        }
    }

    [Test]
    public void Every_block_size_round_trips([ValueSource(nameof(Compressors))] object compressor, [Values(1, 128, 130, 1000, 4096, 1 << 20)] int blockSize)
    {
        byte[] source = TestBytes.Weights(20000, seed: blockSize);
        foreach (BloscShuffle shuffle in Enum.GetValues<BloscShuffle>())
        {
            var options = new BloscOptions((BloscCompressor)compressor, 5, shuffle, 4, blockSize);
            Assert.That(Decode(Encode(source, options), source.Length).AsSpan().SequenceEqual(source), Is.True, options.ToString());
        }
    }

    [Test]
    public void Random_options_and_data_round_trip() => Prop.ForAll(
        ArbMap.Default.ArbFor<(int Length, int Seed, byte Compressor, byte Level, byte Shuffle, byte TypeSize, int BlockSize, bool Compressible)>(),
        x =>
        {
            int length = (int)((uint)x.Seed % 20000);
            var options = new BloscOptions(
                (BloscCompressor)(x.Compressor % 6), x.Level % 8, (BloscShuffle)(x.Shuffle % 3), Math.Max(1, (int)x.TypeSize), Math.Abs(x.BlockSize * 37));
            byte[] source = x.Compressible ? TestBytes.Compressible(length, x.Seed) : TestBytes.Random(length, x.Seed);
            return Decode(Encode(source, options), length).AsSpan().SequenceEqual(source);
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Incompressible_data_are_copied()
    {
        byte[] source = TestBytes.Random(100_000, seed: 1);
        byte[] frame = Encode(source, new BloscOptions(BloscCompressor.Lz4, 5, BloscShuffle.Byte, 4));
        Assert.That(frame, Has.Length.EqualTo(source.Length + 16));
        Assert.That(frame[2] & 0x02, Is.EqualTo(0x02));
    }

    [TestCase(BloscCompressor.Lz4, 4, 1_000_000, 524288, ExpectedResult = 0x31 & ~0x10)]
    [TestCase(BloscCompressor.Zstd, 4, 1_000_000, 262144, ExpectedResult = 0x91)]
    [TestCase(BloscCompressor.Lz4, 17, 1_000_000, 131070, ExpectedResult = 0x31)]
    public int Blocks_are_chosen_as_c_blosc_does(object compressor, int typeSize, int length, int blockSize)
    {
        byte[] frame = Encode(new byte[length], new BloscOptions((BloscCompressor)compressor, 5, BloscShuffle.Byte, typeSize));
        Assert.That(BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(8)), Is.EqualTo(blockSize));
        return frame[2];
    }

    [Test]
    public void Mutated_frames_fail_with_a_typed_error_or_give_bytes([ValueSource(nameof(Compressors))] object compressor, [ValueSource(nameof(Shuffles))] object shuffle)
    {
        byte[] source = TestBytes.Compressible(3000, seed: 3);
        byte[] frame = Encode(source, new BloscOptions((BloscCompressor)compressor, 5, (BloscShuffle)shuffle, 4, 700));
        Mutation.Check(frame, mutated => Decode(mutated, source.Length), seed: (int)compressor);
        Mutation.Check(frame, mutated => BloscDecoder.DecodedLength(mutated), seed: (int)compressor);
    }

    [TestCase(0, (byte)1)]
    [TestCase(2, (byte)0x08)]
    [TestCase(1, (byte)2)]
    [TestCase(2, (byte)0xE0)]
    public void Frames_of_other_formats_are_not_supported(int offset, byte value)
    {
        byte[] frame = Encode(new byte[1000], new BloscOptions(BloscCompressor.BloscLz, 5, BloscShuffle.None, 1));
        frame[offset] = value;
        Assert.Throws<UnsupportedFormatException>(() => Decode(frame, 1000));
    }

    private static byte[] Encode(byte[] source, in BloscOptions options)
    {
        byte[] frame = new byte[BloscEncoder.MaxEncodedLength(source.Length)];
        return frame[..BloscEncoder.Encode(source, options, frame)];
    }

    private static byte[] Decode(byte[] frame, int length)
    {
        byte[] decoded = new byte[length];
        BloscDecoder.Decode(frame, decoded);
        return decoded;
    }
}
