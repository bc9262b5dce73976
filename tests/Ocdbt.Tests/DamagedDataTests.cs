using System.Buffers.Binary;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Every manifest and node of the golden databases, cut at every length and with every byte changed: the answer, or an error that says so.</summary>
[TestFixture]
public sealed class DamagedDataTests
{
    // Cutting and changing each byte is quadratic in the length: of longer structures, so many places are taken at random, with a fixed seed.
    private const int Places = 2000;
    private const int Seed = 20260131;
    private const int ChecksumLength = 4;
    private const long MemoryLimit = 256L << 20;

    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("ocdbt");

    [TestCaseSource(nameof(Cases))]
    public async Task Cut_is_an_error(GoldenCase golden)
    {
        foreach ((byte[] whole, Action<byte[]> decode) in await StructuresAsync(golden))
        {
            decode(whole);
            foreach (int length in PlacesOf(whole.Length))
            {
                Assert.That(Fails(() => decode(whole[..length])), Is.True, $"cut at {length}");
                if (length != whole.Length - ChecksumLength)
                {
                    Assert.That(Fails(() => decode(WithChecksum([.. whole[..length], 0, 0, 0, 0]))), Is.True, $"cut at {length}, with a checksum");
                }
            }
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Changed_byte_fails_the_checksum(GoldenCase golden)
    {
        foreach ((byte[] whole, Action<byte[]> decode) in await StructuresAsync(golden))
        {
            foreach (int place in PlacesOf(whole.Length))
            {
                foreach (byte change in (byte[])[0x10])
                {
                    byte[] changed = [.. whole];
                    changed[place] ^= change;
                    Assert.That(Fails(() => decode(changed)), Is.True, $"byte {place} changed by {change}");
                }
            }
        }
    }

    /// <summary>Behind a checksum that fits, and for compressed structures also behind the compression, all depends on the checks of the decoder.</summary>
    [TestCaseSource(nameof(Cases))]
    public async Task Changed_byte_behind_a_right_checksum_is_an_error_or_another_answer(GoldenCase golden)
    {
        foreach ((byte[] whole, Action<byte[]> decode) in await StructuresAsync(golden))
        {
            byte[] plain = Inflated(whole);
            decode(plain);
            foreach (byte[] source in (byte[][])[whole, plain])
            {
                foreach (int place in PlacesOf(source.Length - ChecksumLength))
                {
                    foreach (byte change in (byte[])[0x01, 0xFF])
                    {
                        byte[] changed = [.. source];
                        changed[place] ^= change;
                        long before = GC.GetAllocatedBytesForCurrentThread();
                        Fails(() => decode(WithChecksum(changed)));
                        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MemoryLimit), $"memory, byte {place} changed by {change}");
                    }
                }
            }
        }
    }

    [Test]
    public void Random_bytes_behind_a_right_envelope_are_an_error_or_an_answer()
    {
        Random random = new(Seed);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] body = new byte[random.Next(64)];
            random.NextBytes(body);
            if (round % 2 == 0)
            {
                // Small numbers get further.
                foreach (ref byte value in body.AsSpan())
                {
                    value &= 3;
                }
            }

            Fails(() => BtreeNode.Decode(Envelope.Encode(body, FormatLimits.BtreeNodeMagic, OcdbtCompression.None), default));
            Fails(() => VersionTreeNode.Decode(Envelope.Encode(body, FormatLimits.VersionTreeNodeMagic, OcdbtCompression.None), default));
            Fails(() => Manifest.Decode(Envelope.Encode([.. new byte[16], .. body], FormatLimits.ManifestMagic, OcdbtCompression.None)));
        }
    }

    /// <summary>Whether an error says that the bytes are damaged; any other error goes through.</summary>
    private static bool Fails(Action decode)
    {
        try
        {
            decode();
            return false;
        }
        catch (CorruptDataException)
        {
            return true;
        }
        catch (UnsupportedFormatException)
        {
            return true;
        }
    }

    private static async Task<List<(byte[] Whole, Action<byte[]> Decode)>> StructuresAsync(GoldenCase golden)
    {
        FileKvStore store = new(golden.Data);
        List<(byte[] Whole, Action<byte[]> Decode)> structures = [];
        await foreach (ListEntry entry in store.ListAsync(KeyRange.Prefix("manifest.")))
        {
            structures.Add(((await store.ReadAsync(entry.Key)).Value.ToArray(), bytes => Manifest.Decode(bytes)));
        }

        foreach (LabeledIndirectDataReference node in await StoredNodes.OfAsync(store))
        {
            byte[] transitivePath = node.Location.File.BasePath.ToArray();
            structures.Add((
                await StoredNodes.ReadAsync(store, node.Location),
                node.Kind == IndirectDataKind.BtreeNode ? bytes => BtreeNode.Decode(bytes, transitivePath) : bytes => VersionTreeNode.Decode(bytes, transitivePath)));
        }

        return structures;
    }

    private static IEnumerable<int> PlacesOf(int length)
    {
        if (length <= Places)
        {
            return Enumerable.Range(0, length);
        }

        // The first bytes hold the lengths and counts; the body is longer.
        Random random = new(Seed);
        int budget = (int)Math.Max(100, Places * (long)Places / length);
        return Enumerable.Range(0, budget / 2).Concat(Enumerable.Range(0, budget / 2).Select(_ => random.Next(length)));
    }

    /// <summary>The same structure without compression.</summary>
    private static byte[] Inflated(byte[] whole)
    {
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(whole);
        return Envelope.Encode(Envelope.Decode(whole, magic, "structure").Span, magic, OcdbtCompression.None);
    }

    /// <summary>Puts the right length and checksum into a structure whose last four bytes are the place of the checksum.</summary>
    private static byte[] WithChecksum(byte[] bytes)
    {
        if (bytes.Length >= 16)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(4), (ulong)bytes.Length);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - ChecksumLength), Crc32C.Compute(bytes.AsSpan(0, bytes.Length - ChecksumLength)));
        return bytes;
    }
}
