using System.Buffers;
using System.Text;
using OcdbtSharp.Checkpoint.Formats;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Tests.Formats;

public class SafetensorsHeaderTests
{
    [Test]
    public void WhatIsWrittenReadsBack()
    {
        SafetensorsHeader header = SafetensorsHeader.Create(
            [("b", "float32", [2, 3], 24), ("a", "bfloat16", [], 2), ("ünï'cödé", "bool", [0, 4], 0)],
            new Dictionary<string, string> { ["format"] = "pt" });
        byte[] bytes = header.Encode();
        SafetensorsHeader read = SafetensorsHeader.Decode(new ReadOnlySequence<byte>(bytes), 26);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(bytes.Length % 8, Is.Zero);
            Assert.That(SafetensorsHeader.DecodeLength(bytes), Is.EqualTo(bytes.Length));
            Assert.That(read.Metadata, Is.EqualTo(header.Metadata));
            Assert.That(read.Entries.Select(entry => (entry.Name, entry.DataType, entry.Offset, entry.Length)),
                Is.EquivalentTo(header.Entries.Select(entry => (entry.Name, entry.DataType, entry.Offset, entry.Length))));
            Assert.That(read.Entries.Single(entry => entry.Name == "b").Shape, Is.EqualTo(new long[] { 2, 3 }));
        }
    }

    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", TestName = "beyond the end")]
    [TestCase("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", TestName = "gap at the beginning")]
    [TestCase("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", TestName = "bytes that belong to nothing")]
    [TestCase("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[4,0]}}""", TestName = "reversed")]
    [TestCase("""{"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,4]}}""", TestName = "negative extent")]
    [TestCase("""{"a":{"dtype":"U8","shape":2,"data_offsets":[0,4]}}""", TestName = "shape is a number")]
    [TestCase("""{"a":{"shape":[4],"data_offsets":[0,4]}}""", TestName = "no type")]
    [TestCase("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0.5,4]}}""", TestName = "fraction")]
    [TestCase("""{"a":""", TestName = "cut off")]
    [TestCase("""[]""", TestName = "not an object")]
    public void ABrokenHeaderIsCorruptData(string json) =>
        Assert.That(() => Decode(json), Throws.TypeOf<CorruptDataException>());

    [Test]
    public void AnUnknownTypeIsNamed() => Assert.That(
        () => Decode("""{"a":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,4]}}"""),
        Throws.TypeOf<UnsupportedFormatException>().With.Message.Contains("F6_E2M3"));

    [TestCase("F8_E4M3FNUZ", "float8_e4m3fnuz")]
    [TestCase("F8_E5M2FNUZ", "float8_e5m2fnuz")]
    public void TheNamesOfTypesAreThoseOfTheReference(string name, string dataType) => Assert.That(
        Decode("""{"a":{"dtype":"NAME","shape":[4],"data_offsets":[0,4]}}""".Replace("NAME", name, StringComparison.Ordinal)).Entries[0].DataType, Is.EqualTo(dataType));

    [TestCase(0UL)]
    [TestCase(ulong.MaxValue)]
    [TestCase(100_000_001UL)]
    public void AnImpossibleLengthIsCorruptData(ulong length) => Assert.That(
        () => SafetensorsHeader.DecodeLength(BitConverter.GetBytes(length)), Throws.TypeOf<CorruptDataException>());

    private static SafetensorsHeader Decode(string json) =>
        SafetensorsHeader.Decode(new ReadOnlySequence<byte>([.. new byte[8], .. Encoding.UTF8.GetBytes(json)]), 4);
}
