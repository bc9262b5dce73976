namespace OcdbtSharp.Zarr3.Tests.Types;

[TestFixtureSource(typeof(SmallFloat), nameof(SmallFloat.All))]
internal sealed class SmallFloatTests(SmallFloat format)
{
    [Test]
    public void Every_pattern_has_the_value_of_its_definition()
    {
        int[] patterns = [.. Enumerable.Range(0, format.Patterns)];
        float[] bulk = format.ToSingles(patterns);
        foreach (int pattern in patterns)
        {
            float expected = format.Value(pattern);
            CheckSame(format.ToSingle(pattern), expected, pattern);
            CheckSame(bulk[pattern], expected, pattern);
        }
    }

    [Test]
    public void Every_pattern_survives_the_way_to_float_and_back()
    {
        int[] patterns = [.. Enumerable.Range(0, format.Patterns).Where(pattern => !format.IsNaN(pattern))];
        Assert.That(patterns.Select(pattern => format.FromSingle(format.ToSingle(pattern))), Is.EqualTo(patterns));
        Assert.That(format.FromSingles(format.ToSingles(patterns)), Is.EqualTo(patterns));
    }

    [Test]
    public void Numbers_between_two_patterns_go_to_the_nearest_and_ties_to_even()
    {
        var values = new List<float>();
        var expected = new List<int>();
        for (int pattern = 0; pattern <= format.Largest; pattern++)
        {
            // Half of the way to the next is exact in a float, as every type has at least 16 bits of mantissa fewer.
            float middle = (float)((format.Magnitude(pattern) + format.Magnitude(pattern + 1)) / 2);
            int next = pattern == format.Largest ? format.Overflow : pattern + 1;
            Add((float)format.Magnitude(pattern), pattern);
            Add(float.BitDecrement(middle), pattern);
            Add(middle, pattern % 2 == 0 ? pattern : next);
            Add(float.BitIncrement(middle), next);
        }

        Add(float.MaxValue, format.Overflow);
        Add(float.PositiveInfinity, format.Overflow);
        Add(float.Epsilon, 0);
        int[] bulk = format.FromSingles([.. values]);
        for (int i = 0; i < values.Count; i++)
        {
            Check(values[i], format.FromSingle(values[i]), expected[i]);
            Check(values[i], bulk[i], expected[i]);
        }

        void Add(float value, int pattern)
        {
            values.Add(value);
            expected.Add(pattern);
            values.Add(-value);
            bool hasNegative = format.Specials != Zarr3.Types.MiniFloatSpecials.NegativeZeroNaN || (pattern != 0 && pattern != format.Sign);
            expected.Add(hasNegative ? pattern | format.Sign : pattern);
        }

        static void Check(float value, int actual, int expected)
        {
            if (actual != expected)
            {
                Assert.Fail($"{value:R} became 0x{actual:x}, not 0x{expected:x}");
            }
        }
    }

    [Test]
    public void NaN_becomes_NaN_or_zero_where_there_is_none()
    {
        float[] values = [float.NaN, -float.NaN, BitConverter.UInt32BitsToSingle(0x7F800001), BitConverter.UInt32BitsToSingle(0xFFFFFFFF)];
        float[] many = [.. Enumerable.Range(0, 10).SelectMany(_ => values)];
        foreach (int pattern in values.Select(format.FromSingle).Concat(format.FromSingles(many)))
        {
            float back = format.ToSingle(pattern);
            Assert.That(format.Specials == Zarr3.Types.MiniFloatSpecials.None ? back == 0 : float.IsNaN(back), Is.True, $"0x{pattern:x}");
        }
    }

    [Test]
    public void Bulk_conversion_agrees_with_that_of_one_element_at_every_length()
    {
        var random = new Random(1);
        for (int length = 0; length < 100; length++)
        {
            float[] values = [.. Enumerable.Range(0, length).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)))];
            int[] patterns = format.FromSingles(values);
            Assert.That(patterns, Is.EqualTo(values.Select(format.FromSingle)));
            Assert.That(format.ToSingles(patterns), Is.EqualTo(patterns.Select(format.ToSingle)));
        }
    }

    private static void CheckSame(float actual, float expected, int pattern)
    {
        bool same = float.IsNaN(expected) ? float.IsNaN(actual) : BitConverter.SingleToUInt32Bits(actual) == BitConverter.SingleToUInt32Bits(expected);
        if (!same)
        {
            Assert.Fail($"0x{pattern:x} is {actual:R}, not {expected:R}");
        }
    }
}
