using FsCheck;
using FsCheck.Fluent;

namespace OcdbtSharp.KvStore.Tests;

public sealed class KeyTests
{
    [Test]
    public void OrderIsThatOfUnsignedBytes()
    {
        // In UTF-16 units the last two are the other way round.
        Key[] ordered = ["", "\0", "A", "a", "a\0", "aa", "b", "\u00E9", "\uFB01", "\U0001F600", new(new byte[] { 0xFF }), new(new byte[] { 0xFF, 0 })];
        for (int i = 0; i < ordered.Length; i++)
        {
            for (int j = 0; j < ordered.Length; j++)
            {
                Assert.That(int.Sign(ordered[i].CompareTo(ordered[j])), Is.EqualTo(int.Sign(i.CompareTo(j))), $"{ordered[i]} and {ordered[j]}");
                Assert.That(ordered[i] < ordered[j], Is.EqualTo(i < j));
                Assert.That(ordered[i] <= ordered[j], Is.EqualTo(i <= j));
                Assert.That(ordered[i] > ordered[j], Is.EqualTo(i > j));
                Assert.That(ordered[i] >= ordered[j], Is.EqualTo(i >= j));
                Assert.That(ordered[i] == ordered[j], Is.EqualTo(i == j));
                Assert.That(ordered[i] != ordered[j], Is.EqualTo(i != j));
            }
        }
    }

    [Test]
    public void EqualKeysHaveEqualHashes() =>
        Check.QuickThrowOnFailure(Prop.ForAll<byte[]>(bytes =>
            new Key(bytes).GetHashCode() == new Key(bytes.ToArray()).GetHashCode() && new Key(bytes).Equals((object)new Key(bytes.ToArray()))));

    [Test]
    public void PrefixSuccessorEndsThePrefix() =>
        Check.QuickThrowOnFailure(Prop.ForAll<byte[], byte[]>((prefix, rest) =>
        {
            Key key = new Key(prefix).Append(new Key(rest));
            KeyRange range = KeyRange.Prefix(new Key(prefix));
            bool isBehind = range.ExclusiveMax is not { } max || (key < max && !max.StartsWith(new Key(prefix)) == prefix.Length > 0);
            return key.StartsWith(new Key(prefix)) && range.Contains(key) && isBehind;
        }));

    [Test]
    public void OnlyBytesOf255HaveNoSuccessor()
    {
        Assert.That(Key.Empty.PrefixSuccessor(), Is.Null);
        Assert.That(new Key(new byte[] { 0xFF, 0xFF }).PrefixSuccessor(), Is.Null);
        Assert.That(new Key(new byte[] { 1, 0xFF }).PrefixSuccessor(), Is.EqualTo(new Key(new byte[] { 2 })));
    }

    [Test]
    public void TextIsShownAsTextAndOtherBytesInHex()
    {
        Assert.That(new Key("a/é").ToString(), Is.EqualTo("a/é"));
        Assert.That(new Key(new byte[] { 0xFF, 1 }).ToString(), Is.EqualTo("hex:ff01"));
    }

    [Test]
    public void RangesIntersectAsSets() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Ranges, Ranges, Keys, (left, right, key) =>
        {
            KeyRange both = left.Intersect(right);
            bool contained = both.Contains(key);
            return contained == (left.Contains(key) && right.Contains(key)) && !(both.IsEmpty && contained);
        }));

    [Test]
    public void ARangeOfOneKeyHoldsOnlyIt()
    {
        KeyRange range = KeyRange.Of("k");
        Assert.That(range.Contains("k") && !range.Contains("k\0") && !range.Contains("j") && !range.Contains(""));
        Assert.That(KeyRange.All.Contains("") && !KeyRange.All.IsEmpty);
    }

    private static Arbitrary<Key> Keys => ArbMap.Default.ArbFor<byte[]>().Convert(bytes => new Key(bytes), key => key.Bytes.ToArray());

    private static Arbitrary<KeyRange> Ranges =>
        Gen.Two(Keys.Generator).SelectMany(_ => ArbMap.Default.GeneratorFor<bool>(), (keys, open) => new KeyRange(keys.Item1, open ? default(Key?) : keys.Item2)).ToArbitrary();
}
