using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore.Tests.Buffers;

public sealed class ByteReaderTests
{
    [Test]
    public void ReadsWhatTheWriterWrote() =>
        Check.QuickThrowOnFailure(Prop.ForAll<ulong, uint, byte[]>((wide, narrow, bytes) =>
        {
            using ByteWriter writer = new(1);
            writer.WriteByte((byte)narrow);
            writer.WriteUInt32LittleEndian(narrow);
            writer.WriteUInt32BigEndian(narrow);
            writer.WriteUInt64LittleEndian(wide);
            writer.WriteUInt64BigEndian(wide);
            writer.WriteVarint(wide);
            writer.WriteVarint(narrow);
            writer.WriteVarint((ushort)narrow);
            writer.WriteBytes(bytes);
            ByteReader reader = new(writer.ToArray());
            bool equal = reader.ReadByte("byte") == (byte)narrow
                && reader.ReadUInt32LittleEndian("u32") == narrow
                && reader.ReadUInt32BigEndian("u32") == narrow
                && reader.ReadUInt64LittleEndian("u64") == wide
                && reader.ReadUInt64BigEndian("u64") == wide
                && reader.ReadVarint64("v64") == wide
                && reader.ReadVarint32("v32") == narrow
                && reader.ReadVarint16("v16") == (ushort)narrow
                && reader.ReadBytes(bytes.Length, "bytes").SequenceEqual(bytes);
            reader.EnsureEnd("all");
            return equal;
        }));

    [TestCase(0ul, 1)]
    [TestCase(0x7Ful, 1)]
    [TestCase(0x80ul, 2)]
    [TestCase(0xFFFF_FFFFul, 5)]
    [TestCase(ulong.MaxValue, 10)]
    public void VarintsAreAsShortAsTheyCanBe(ulong value, int length)
    {
        using ByteWriter writer = new();
        writer.WriteVarint(value);
        Assert.That(writer.Length, Is.EqualTo(length));
        Assert.That(new ByteReader(writer.Written).ReadVarint64("v"), Is.EqualTo(value));
    }

    [Test]
    public void EveryTruncationIsCorruptDataWithItsOffset()
    {
        byte[] bytes = new byte[8];
        Assert.That(() => new ByteReader(bytes.AsSpan(..0)).ReadByte("b"), Throws.InstanceOf<CorruptDataException>());
        Assert.That(() => new ByteReader(bytes.AsSpan(..1)).ReadUInt16LittleEndian("u16"), Throws.InstanceOf<CorruptDataException>());
        Assert.That(() => new ByteReader(bytes.AsSpan(..3)).ReadUInt32LittleEndian("u32"), Throws.InstanceOf<CorruptDataException>());
        Assert.That(() => new ByteReader(bytes.AsSpan(..7)).ReadUInt64BigEndian("u64"), Throws.InstanceOf<CorruptDataException>());
        Assert.That(() => new ByteReader(bytes).ReadBytes(9, "bytes"), Throws.InstanceOf<CorruptDataException>());
        Assert.That(() => new ByteReader(bytes).ReadBytes(-1, "bytes"), Throws.InstanceOf<CorruptDataException>());
        Assert.That(() => new ByteReader([0x80, 0x80]).ReadVarint64("v"), Throws.InstanceOf<CorruptDataException>());
        CorruptDataException? error = Assert.Throws<CorruptDataException>(() =>
        {
            ByteReader reader = new(new byte[3], origin: 100);
            reader.ReadByte("b");
            reader.ReadUInt32LittleEndian("the count");
        });
        Assert.That(error!.Offset, Is.EqualTo(101));
        Assert.That(error.Message, Does.Contain("the count"));
    }

    [Test]
    public void NumbersOfTooManyBitsAreCorruptData()
    {
        byte[] wide = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02];
        Assert.That(() => new ByteReader(wide).ReadVarint64("v"), Throws.InstanceOf<CorruptDataException>());
        Assert.That(() => new ByteReader([0x80, 0x80, 0x80, 0x80, 0x10]).ReadVarint32("v"), Throws.InstanceOf<CorruptDataException>());
        Assert.That(() => new ByteReader([0x80, 0x80, 0x04]).ReadVarint16("v"), Throws.InstanceOf<CorruptDataException>());
        Assert.That(() => new ByteReader([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]).ReadVarint64("v"), Throws.InstanceOf<CorruptDataException>());
    }

    [Test]
    public void WhatIsLeftOverIsCorruptData() =>
        Assert.That(() => new ByteReader([1]).EnsureEnd("it"), Throws.InstanceOf<CorruptDataException>());

    [Test]
    public void TheWriterIsABufferWriter()
    {
        using ByteWriter writer = new(4);
        writer.WriteByte(1);
        writer.GetSpan(1000)[..3].Fill(2);
        writer.Advance(3);
        writer.GetMemory(2).Span[0] = 3;
        writer.Advance(1);
        writer.WrittenMutable[0] = 9;
        Assert.That(writer.ToArray(), Is.EqualTo((byte[])[9, 2, 2, 2, 3]));
        Assert.That(() => writer.Advance(1 << 30), Throws.InstanceOf<ArgumentOutOfRangeException>());
        writer.Clear();
        Assert.That(writer.Length, Is.Zero);
    }
}
