using System.Numerics;
using System.Runtime.CompilerServices;

namespace OcdbtSharp.Zarr3.Tests.Types;

public sealed class SmallTypeTests
{
    private static readonly float[] Samples =
    [
        .. Enumerable.Range(-80, 161).Select(quarter => quarter / 4f),
        float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, float.Epsilon, -float.Epsilon, 0.49999997f, 7.5000005f,
    ];

    [Test]
    public void Types_are_as_wide_as_their_elements()
    {
        Assert.That(Unsafe.SizeOf<BFloat16>(), Is.EqualTo(2));
        Assert.That(Unsafe.SizeOf<Float8E4M3Fn>(), Is.EqualTo(1));
        Assert.That(Unsafe.SizeOf<Int4>(), Is.EqualTo(1));
        Assert.That(Unsafe.SizeOf<Complex64>(), Is.EqualTo(8));
    }

    [Test]
    public void Integers_keep_the_lower_bits_of_every_pattern()
    {
        for (int pattern = 0; pattern < 256; pattern++)
        {
            byte bits = (byte)pattern;
            Assert.That((int)Int2.FromBits(bits), Is.EqualTo((sbyte)(bits << 6) >> 6));
            Assert.That((int)Int4.FromBits(bits), Is.EqualTo((sbyte)(bits << 4) >> 4));
            Assert.That((int)UInt2.FromBits(bits), Is.EqualTo(bits % 4));
            Assert.That((int)UInt4.FromBits(bits), Is.EqualTo(bits % 16));
            Assert.That((int)(Int4)(int)Int4.FromBits(bits), Is.EqualTo((int)Int4.FromBits(bits)));
            Assert.That(Int4.FromBits(bits), Is.EqualTo(Int4.FromBits((byte)(bits & 15))));
        }
    }

    [Test]
    public void Integers_are_the_nearest_to_a_float_and_ties_go_to_even()
    {
        var int2 = new Int2[Samples.Length];
        var int4 = new Int4[Samples.Length];
        var uint2 = new UInt2[Samples.Length];
        var uint4 = new UInt4[Samples.Length];
        Int2.ConvertFromSingle(Samples, int2);
        Int4.ConvertFromSingle(Samples, int4);
        UInt2.ConvertFromSingle(Samples, uint2);
        UInt4.ConvertFromSingle(Samples, uint4);
        for (int i = 0; i < Samples.Length; i++)
        {
            float sample = Samples[i];
            Assert.That((int)int2[i], Is.EqualTo(Nearest(sample, -2, 1)), $"int2 of {sample}");
            Assert.That((int)int4[i], Is.EqualTo(Nearest(sample, -8, 7)), $"int4 of {sample}");
            Assert.That((int)uint2[i], Is.EqualTo(Nearest(sample, 0, 3)), $"uint2 of {sample}");
            Assert.That((int)uint4[i], Is.EqualTo(Nearest(sample, 0, 15)), $"uint4 of {sample}");
            Assert.That((Int2)sample, Is.EqualTo(int2[i]));
            Assert.That((Int4)sample, Is.EqualTo(int4[i]));
            Assert.That((UInt2)sample, Is.EqualTo(uint2[i]));
            Assert.That((UInt4)sample, Is.EqualTo(uint4[i]));
        }

        static int Nearest(float value, int lowest, int highest) =>
            float.IsNaN(value) ? 0 : (int)Math.Round(Math.Clamp((double)value, lowest, highest), MidpointRounding.ToEven);
    }

    [Test]
    public void Integers_become_floats_in_bulk_at_every_length()
    {
        for (int length = 0; length < 100; length++)
        {
            Int2[] int2 = [.. Enumerable.Range(0, length).Select(i => Int2.FromBits((byte)i))];
            Int4[] int4 = [.. Enumerable.Range(0, length).Select(i => Int4.FromBits((byte)i))];
            UInt2[] uint2 = [.. Enumerable.Range(0, length).Select(i => UInt2.FromBits((byte)i))];
            UInt4[] uint4 = [.. Enumerable.Range(0, length).Select(i => UInt4.FromBits((byte)i))];
            float[] values = new float[length];
            Int2.ConvertToSingle(int2, values);
            Assert.That(values, Is.EqualTo(int2.Select(x => (float)(int)x)));
            Int4.ConvertToSingle(int4, values);
            Assert.That(values, Is.EqualTo(int4.Select(x => (float)(int)x)));
            UInt2.ConvertToSingle(uint2, values);
            Assert.That(values, Is.EqualTo(uint2.Select(x => (float)(int)x)));
            UInt4.ConvertToSingle(uint4, values);
            Assert.That(values, Is.EqualTo(uint4.Select(x => (float)(int)x)));
        }
    }

    [Test]
    public void Equality_is_that_of_numbers()
    {
        Assert.That((BFloat16)0f == (BFloat16)(-0f), Is.True);
        Assert.That((BFloat16)float.NaN == (BFloat16)float.NaN, Is.False);
        Assert.That((BFloat16)float.NaN, Is.EqualTo((BFloat16)float.NaN));
        Assert.That((Int4)(-1) == (Int4)15, Is.True);
        Assert.That((UInt4)3 != (UInt4)4, Is.True);
        Assert.That(new Complex64(1, 2), Is.EqualTo(new Complex64(1, 2)));
    }

    [Test]
    public void Too_little_room_is_the_callers_mistake()
    {
        float[] values = new float[3];
        Assert.Throws<ArgumentException>(() => BFloat16.ConvertFromSingle(values, new BFloat16[2]));
        Assert.Throws<ArgumentException>(() => Float8E5M2.ConvertToSingle(new Float8E5M2[4], values));
        Assert.Throws<ArgumentException>(() => Int4.ConvertFromSingle(values, new Int4[2]));
        Assert.Throws<ArgumentException>(() => UInt2.ConvertToSingle(new UInt2[4], values));
    }

    [Test]
    public void Complex64_converts_to_the_complex_of_the_runtime()
    {
        Complex wide = new Complex64(1.5f, -2);
        Assert.That(wide, Is.EqualTo(new Complex(1.5, -2)));
        Assert.That((Complex64)wide, Is.EqualTo(new Complex64(1.5f, -2)));
    }

    [Test]
    [SetCulture("de-DE")]
    public void Text_is_the_same_in_every_culture()
    {
        Assert.That(((BFloat16)1.5f).ToString(), Is.EqualTo("1.5"));
        Assert.That(((Float8E4M3Fn)(-0.25f)).ToString(), Is.EqualTo("-0.25"));
        Assert.That(((Int4)(-3)).ToString(), Is.EqualTo("-3"));
        Assert.That(new Complex64(1.5f, 2).ToString(), Is.EqualTo("<1.5; 2>"));
    }
}
