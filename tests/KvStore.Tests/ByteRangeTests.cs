namespace OcdbtSharp.KvStore.Tests;

public sealed class ByteRangeTests
{
    [Test]
    public void ResolvesWithinAValue()
    {
        Assert.That(ByteRange.All.Resolve(5), Is.EqualTo((0L, 5L)));
        Assert.That(ByteRange.FromOffset(1, 3).Resolve(5), Is.EqualTo((1L, 3L)));
        Assert.That(ByteRange.FromOffset(5, 0).Resolve(5), Is.EqualTo((5L, 0L)));
        Assert.That(ByteRange.From(2).Resolve(5), Is.EqualTo((2L, 3L)));
        Assert.That(ByteRange.Last(2).Resolve(5), Is.EqualTo((3L, 2L)));
        Assert.That(ByteRange.FromOffset(1L << 40, 1L << 41).Resolve(1L << 42), Is.EqualTo((1L << 40, 1L << 41)));
    }

    [Test]
    public void RefusesWhatIsNotWithinAValue()
    {
        Assert.That(() => ByteRange.FromOffset(1, 5).Resolve(5), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ByteRange.From(6).Resolve(5), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ByteRange.Last(6).Resolve(5), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ByteRange.FromOffset(long.MaxValue, 0).Resolve(5), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void RefusesWhatIsNoRange()
    {
        Assert.That(() => ByteRange.FromOffset(-1, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ByteRange.FromOffset(1, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ByteRange.FromOffset(long.MaxValue, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ByteRange.From(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ByteRange.Last(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
