using FsCheck;
using FsCheck.Fluent;

namespace OcdbtSharp.Zarr3.Tests;

/// <summary>Copies of boxes do what copying one element after the other does, and touch nothing else.</summary>
[TestFixture]
public sealed class StridedCopyTests
{
    private static readonly int[] Sizes = [1, 2, 3, 4, 5, 8, 12, 16, 24, 100];

    [Test]
    public void Boxes_of_any_rank_and_order_are_copied_element_by_element() => Check(1500, random =>
    {
        int rank = random.Next(7);
        return [.. Enumerable.Range(0, rank).Select(_ => random.NextInt64(random.Next(20) == 0 ? 0 : 1, 8))];
    });

    [Test]
    public void Long_axes_are_copied_element_by_element() => Check(300, random =>
    {
        long[] shape = [random.NextInt64(1, 300), random.NextInt64(1, 300), random.NextInt64(1, 4)];
        random.Shuffle(shape);
        return random.Next(2) == 0 ? shape : shape[..2];
    });

    [TestCase(1, 700)]
    [TestCase(2, 300)]
    [TestCase(4, 150)]
    [TestCase(8, 70)]
    public void Squares_of_several_panels_are_transposed(int size, int extent) =>
        Compare([extent, extent + 1], [size, size * extent], [size * (extent + 1), size], size, new Random(1));

    [Test]
    public void Elements_beyond_the_memory_are_refused()
    {
        ArrayView view = ArrayView.RowMajor(new byte[12], [3, 4], 1);
        Assert.That(() => StridedCopy.Copy(new byte[11], 0, [1, 3], view), Throws.ArgumentException);
        Assert.That(() => StridedCopy.Copy(new byte[12], 1, [1, 3], view), Throws.ArgumentException);
        Assert.That(() => StridedCopy.Copy(new byte[12], 11, [-1, -3], view), Throws.ArgumentException);
    }

    private static void Check(int count, Func<Random, long[]> shapeOf) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            long[] shape = shapeOf(random);
            int size = Sizes[random.Next(Sizes.Length)];
            long[] source = Strides(shape, size, random);

            // What repeats one element along an axis, as a fill value does along all.
            if (random.Next(5) == 0 && source.Length > 0)
            {
                source[random.Next(source.Length)] = 0;
            }

            Compare(shape, source, Strides(shape, size, random), size, random);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(count));

    /// <summary>Axes in any order, with or without gaps between neighbours.</summary>
    private static long[] Strides(long[] shape, int size, Random random)
    {
        int[] order = [.. Enumerable.Range(0, shape.Length)];
        random.Shuffle(order);
        long[] strides = new long[shape.Length];
        long next = size;
        foreach (int axis in order)
        {
            next += random.Next(4) == 0 ? random.Next(3) * size : 0;
            strides[axis] = next;
            next *= Math.Max(1, shape[axis]);
        }

        return strides;
    }

    private static void Compare(long[] shape, long[] sourceStrides, long[] destinationStrides, int size, Random random)
    {
        byte[] source = new byte[Length(shape, sourceStrides, size) + 7];
        byte[] actual = new byte[Length(shape, destinationStrides, size) + 5];
        random.NextBytes(source);
        random.NextBytes(actual);
        byte[] expected = [.. actual];
        long[] index = new long[shape.Length];
        if (Extents.Product(shape) > 0)
        {
            do
            {
                source.AsSpan(7 + Offset(index, sourceStrides), size).CopyTo(expected.AsSpan(5 + Offset(index, destinationStrides)));
            }
            while (Extents.Next(index, new long[shape.Length], shape));
        }

        StridedCopy.Copy(source, 7, sourceStrides, actual.AsSpan(), 5, destinationStrides, shape, size);
        Assert.That(
            actual.AsSpan().SequenceEqual(expected),
            $"{size} bytes: {Extents.Format(shape)} {Extents.Format(sourceStrides)} {Extents.Format(destinationStrides)}");
    }

    private static int Offset(long[] index, long[] strides) => (int)index.Zip(strides, (position, stride) => position * stride).Sum();

    private static int Length(long[] shape, long[] strides, int size) =>
        size + (int)shape.Zip(strides, (extent, stride) => Math.Max(0, extent - 1) * stride).Sum();
}
