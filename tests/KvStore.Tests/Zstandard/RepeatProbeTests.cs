using OcdbtSharp.KvStore.Zstandard;

namespace OcdbtSharp.KvStore.Tests.Zstandard;

public sealed class RepeatProbeTests
{
    private const int Length = 4 << 20;

    [TestCase("weights")]
    [TestCase("halves")]
    [TestCase("noise")]
    public void Nothing_repeats_in(string kind) => Assert.That(RepeatProbe.Repeats(ZstdSamples.Create(kind, Length).AsSpan()), Is.False);

    [TestCase("text")]
    [TestCase("zeros")]
    [TestCase("periodic")]
    [TestCase("mixed")]
    public void Much_repeats_in(string kind) => Assert.That(RepeatProbe.Repeats(ZstdSamples.Create(kind, Length).AsSpan()), Is.True);

    [TestCase(4100, Description = "rows that are all equal")]
    [TestCase(100_004)]
    [TestCase(1_000_000)]
    public void Weights_that_occur_again_are_found(int distance)
    {
        byte[] content = ZstdSamples.Create("weights", Length);
        for (int i = distance; i < Length; i++)
        {
            content[i] = content[i - distance];
        }

        Assert.That(RepeatProbe.Repeats(content.AsSpan()), Is.True);
    }

    [Test]
    public void Short_data_is_no_error([Range(0, 20)] int length) => Assert.That(RepeatProbe.Repeats(new byte[length].AsSpan()), Is.False);
}
