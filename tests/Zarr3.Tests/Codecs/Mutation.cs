using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>Breaks bytes in every way that is cheap: what reads them must answer or fail with one of our errors.</summary>
internal static class Mutation
{
    public static void Check(byte[] valid, Action<byte[]> read, int seed, int rounds = 300)
    {
        for (int length = 0; length < valid.Length; length += Math.Max(1, valid.Length / Math.Min(rounds, 200)))
        {
            Try(valid[..length], read, $"cut at {length}");
        }

        for (int position = 0; position < Math.Min(valid.Length, Math.Min(rounds, 64)); position++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] flipped = [.. valid];
                flipped[position] ^= (byte)(1 << bit);
                Try(flipped, read, $"bit {bit} of byte {position} flipped");
            }
        }

        var random = new Random(seed);
        for (int round = 0; valid.Length > 0 && round < rounds; round++)
        {
            byte[] mutated = [.. valid];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int position = random.Next(mutated.Length);
                int count = Math.Min(random.Next(1, 9), mutated.Length - position);
                if (random.Next(3) == 0)
                {
                    mutated.AsSpan(position, count).Fill((byte)(random.Next(2) * 255));
                }
                else
                {
                    random.NextBytes(mutated.AsSpan(position, count));
                }
            }

            Try(mutated, read, $"seed {seed}, round {round}");
        }
    }

    private static void Try(byte[] bytes, Action<byte[]> read, string what)
    {
        try
        {
            read(bytes);
        }
        catch (Exception error) when (error is CorruptDataException or UnsupportedFormatException)
        {
            // One of the two answers that are allowed.
        }
        catch (Exception error)
        {
            Assert.Fail($"{what}: {error}");
        }
    }
}
