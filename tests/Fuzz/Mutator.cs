namespace OcdbtSharp.Fuzz;

/// <summary>Changes bytes at random.</summary>
internal static class Mutator
{
    private static readonly byte[] Interesting = [0, 1, 2, 4, 16, 0x7F, 0x80, 0xFE, 0xFF];

    public static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        for (int change = random.Next(1, 8); change > 0 && bytes.Count > 0; change--)
        {
            int position = random.Next(3) == 0 ? random.Next(Math.Min(bytes.Count, 40)) : random.Next(bytes.Count);
            int count = Math.Min(random.Next(1, 9), bytes.Count - position);
            switch (random.Next(8))
            {
                case 0:
                    bytes[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[position] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[position] = Interesting[random.Next(Interesting.Length)];
                    break;
                case 3:
                    bytes.RemoveRange(position, count);
                    break;
                case 4:
                    bytes.InsertRange(position, bytes.GetRange(random.Next(bytes.Count - count + 1), count));
                    break;
                case 5:
                    byte value = Interesting[random.Next(Interesting.Length)];
                    for (int i = 0; i < count; i++)
                    {
                        bytes[position + i] = value;
                    }

                    break;
                case 6:
                    if (char.IsAsciiDigit((char)bytes[position]))
                    {
                        bytes[position] = (byte)random.Next('0', '9' + 1);
                    }
                    else
                    {
                        bytes[position]++;
                    }

                    break;
                default:
                    if (random.Next(4) == 0)
                    {
                        bytes.RemoveRange(position, bytes.Count - position);
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
