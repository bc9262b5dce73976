namespace OcdbtSharp.Zarr3.Tests.Types;

/// <summary>Powers of two in eight bits. The expected patterns are those of ml_dtypes.</summary>
public sealed class ScaleTests
{
    [TestCase(1f, 0x7F)]
    [TestCase(1.5f, 0x80)]
    [TestCase(1.4999f, 0x7F)]
    [TestCase(3f, 0x81)]
    [TestCase(5.9f, 0x81)]
    [TestCase(6f, 0x82)]
    [TestCase(0f, 0xFF)]
    [TestCase(-0f, 0xFF)]
    [TestCase(-1f, 0xFF)]
    [TestCase(float.NaN, 0xFF)]
    [TestCase(float.PositiveInfinity, 0xFF)]
    [TestCase(float.NegativeInfinity, 0xFF)]
    [TestCase(float.MaxValue, 0xFF)]
    [TestCase(2.5e38f, 0xFE)]
    [TestCase(5.877472e-39f, 0x00)]
    [TestCase(float.Epsilon, 0x00)]
    [TestCase(8.9e-39f, 0x01)]
    public void A_float_becomes_the_nearest(float value, byte bits)
    {
        Assert.That(((Float8E8M0Fnu)value).Bits, Is.EqualTo(bits));
        Float8E8M0Fnu[] converted = new Float8E8M0Fnu[1];
        Float8E8M0Fnu.ConvertFromSingle([value], converted);
        Assert.That(converted[0].Bits, Is.EqualTo(bits));
    }

    [Test]
    public void Every_pattern_is_a_power_of_two()
    {
        Float8E8M0Fnu[] all = [.. Enumerable.Range(0, 256).Select(bits => Float8E8M0Fnu.FromBits((byte)bits))];
        float[] singles = new float[256];
        Float8E8M0Fnu.ConvertToSingle(all, singles);
        Assert.That(singles[..255], Is.EqualTo(Enumerable.Range(0, 255).Select(bits => (float)Math.ScaleB(1, bits - 127))));
        Assert.That(singles[255], Is.NaN);
        Assert.That(all[..255].Select(scale => ((Float8E8M0Fnu)(float)scale).Bits), Is.EqualTo(all[..255].Select(scale => scale.Bits)));
        Assert.That(all[130].ToString(), Is.EqualTo("8"));
    }

    [Test]
    public void The_destination_is_as_long_as_the_source()
    {
        Assert.Throws<ArgumentException>(() => Float8E8M0Fnu.ConvertToSingle(new Float8E8M0Fnu[2], new float[1]));
        Assert.Throws<ArgumentException>(() => Float8E8M0Fnu.ConvertFromSingle(new float[2], new Float8E8M0Fnu[1]));
    }
}
