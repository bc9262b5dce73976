using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore.Tests.Buffers;

public sealed class Crc32CTests
{
    // RFC 3720, B.4, and the usual check value.
    private static readonly TestCaseData[] Known =
    [
        new TestCaseData("", 0u),
        new TestCaseData(new string('0', 64), 0x8A9136AAu),
        new TestCaseData(string.Concat(Enumerable.Repeat("ff", 32)), 0x62A8AB43u),
        new TestCaseData(string.Concat(Enumerable.Range(0, 32).Select(i => $"{i:x2}")), 0x46DD794Eu),
        new TestCaseData(string.Concat(Enumerable.Range(0, 32).Reverse().Select(i => $"{i:x2}")), 0x113FDB5Cu),
        new TestCaseData("313233343536373839", 0xE3069283u),
    ];

    [TestCaseSource(nameof(Known))]
    public void GivesTheKnownValues(string hex, uint expected)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.That(Crc32C.Compute(bytes), Is.EqualTo(expected));
        Assert.That(~Crc32C.Portable(bytes, uint.MaxValue), Is.EqualTo(expected));
    }

    [Test]
    public void HardwareAndTableAgreeAtEveryLength()
    {
        byte[] bytes = [.. Enumerable.Range(0, 300).Select(i => (byte)(i * 37))];
        for (int length = 0; length <= bytes.Length; length++)
        {
            ReadOnlySpan<byte> part = bytes.AsSpan(bytes.Length - length);
            Assert.That(Crc32C.Compute(part), Is.EqualTo(~Crc32C.Portable(part, uint.MaxValue)), $"{length} bytes");
        }
    }

    [TestCase(12_287)]
    [TestCase(12_288)]
    [TestCase(12_289)]
    [TestCase(24_575)]
    [TestCase(100_000)]
    public void HardwareAndTableAgreeOnLongInput(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        Assert.That(Crc32C.Compute(bytes), Is.EqualTo(~Crc32C.Portable(bytes, uint.MaxValue)));
        Assert.That(Crc32C.Compute(bytes.AsSpan(5), 77), Is.EqualTo(~Crc32C.Portable(bytes.AsSpan(5), ~77u)));
    }

    [Test]
    public void PartsGiveTheChecksumOfTheWhole() =>
        Check.QuickThrowOnFailure(Prop.ForAll<byte[], byte[]>((first, second) =>
            Crc32C.Compute(second, Crc32C.Compute(first)) == Crc32C.Compute([.. first, .. second])));
}
