using OcdbtSharp.KvStore.Zstandard;
using ZstdSharp;

namespace OcdbtSharp.KvStore.Tests.Zstandard;

/// <summary>
/// Damaged frames between forbidden pages: no byte outside of source and destination may be touched, and what the reference implementation
/// reads too must come out the same. <c>OCDBTSHARP_FUZZ_ROUNDS</c> sets how many of each sort are tried.
/// </summary>
public sealed class ZstdDamageTests
{
    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("OCDBTSHARP_FUZZ_ROUNDS"), out int rounds) ? rounds : 240;

    [Test]
    public void Damage_is_found_or_harmless(
        [ValueSource(typeof(ZstdSamples), nameof(ZstdSamples.Kinds))] string kind, [Values(300, 9000, 300_000)] int length, [Values(1, 19)] int level)
    {
        if (!GuardedMemory.IsSupported)
        {
            Assert.Ignore("pages are guarded on Linux alone");
        }

        byte[] content = ZstdSamples.Create(kind, length, seed: 7);
        byte[] valid = ZstdSamples.Compress(content, level);
        byte[] reference = new byte[length];
        using GuardedMemory source = new(valid.Length);
        using GuardedMemory destination = new(length);
        using Decompressor decompressor = new();
        Random random = new(level);
        int rounds = Math.Max(20, length > 100_000 ? Rounds / 8 : Rounds);
        for (int round = 0; round < rounds; round++)
        {
            byte[] damaged = round == 0 ? valid : Damage(valid, random);
            Span<byte> encoded = source.Take(damaged.Length, atEnd: round % 2 == 0);
            Span<byte> decoded = destination.Take(length, atEnd: round / 2 % 2 == 0);
            damaged.CopyTo(encoded);
            long written;
            try
            {
                written = ZstdDecoder.Decode(encoded, decoded);
            }
            catch (Exception error) when (error is CorruptDataException or UnsupportedFormatException && round > 0)
            {
                continue;
            }

            int expected;
            try
            {
                Assert.That(decompressor.TryUnwrap(damaged, reference, out expected), Is.True, $"round {round}");
            }
            catch (ZstdException error)
            {
                throw new AssertionException($"round {round}: only the reference finds damage: {error.Message}", error);
            }

            Assert.That(written, Is.EqualTo(expected), $"round {round}");
            Assert.That(decoded[..expected].SequenceEqual(reference.AsSpan(0, expected)), Is.True, $"round {round}");
        }
    }

    private static byte[] Damage(byte[] valid, Random random)
    {
        byte[] damaged = random.Next(4) == 0 ? valid[..random.Next(1, valid.Length + 1)] : [.. valid];
        for (int change = random.Next(1, 5); change > 0; change--)
        {
            // Mostly in what comes first, where headers and tables are.
            int reach = random.Next(3) > 0 ? Math.Min(damaged.Length, 200) : damaged.Length;
            int position = random.Next(reach);
            switch (random.Next(4))
            {
                case 0:
                    damaged[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    damaged[position] = (byte)random.Next(256);
                    break;
                case 2:
                    damaged[position] = (byte)(random.Next(2) * 255);
                    break;
                default:
                    random.NextBytes(damaged.AsSpan(position, Math.Min(random.Next(1, 9), damaged.Length - position)));
                    break;
            }
        }

        return damaged;
    }
}
