using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

public sealed class ShuffleTests
{
    private static readonly int[] Lengths = [0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 100, 128, 256, 1000, 4096];

    [Test]
    public void Byte_shuffle_matches_its_definition_for_every_type_size()
    {
        foreach ((int size, int elements) in Blocks())
        {
            byte[] source = TestBytes.Random((elements * size) + (size > 1 ? elements % size : 0), seed: size);
            byte[] shuffled = new byte[source.Length];
            byte[] back = new byte[source.Length];
            ByteShuffle.Shuffle(source, shuffled, size);
            ByteShuffle.Unshuffle(shuffled, back, size);
            Assert.That(shuffled.AsSpan().SequenceEqual(ShuffleBytes(source, size)), Is.True, $"{elements} elements of {size}");
            Assert.That(back.AsSpan().SequenceEqual(source), Is.True, $"{elements} elements of {size} back");
        }
    }

    [Test]
    public void Bit_shuffle_matches_its_definition_for_every_type_size()
    {
        foreach ((int size, int elements) in Blocks())
        {
            byte[] source = TestBytes.Random((elements * size) + (size > 1 ? elements % size : 0), seed: size);
            byte[] shuffled = new byte[source.Length];
            byte[] back = new byte[source.Length];
            BitShuffle.Shuffle(source, shuffled, size);
            BitShuffle.Unshuffle(shuffled, back, size);
            Assert.That(shuffled.AsSpan().SequenceEqual(ShuffleBits(source, size)), Is.True, $"{elements} elements of {size}");
            Assert.That(back.AsSpan().SequenceEqual(source), Is.True, $"{elements} elements of {size} back");
        }
    }

    [Test]
    public void Each_vector_path_agrees_with_the_scalar_one([Values(2, 4, 8, 16)] int size)
    {
        const int elements = 333;
        byte[] source = TestBytes.Random(elements * size, seed: size);
        byte[] scalar = new byte[source.Length];
        byte[] vector = new byte[source.Length];
        ByteShuffle.ToPlanesScalar(in source[0], ref scalar[0], size, 0, elements, elements);

        nint done = ByteShuffle.ToPlanes<Vector128<byte>, ByteLanes128>(in source[0], ref vector[0], size, elements, elements);
        ByteShuffle.ToPlanesScalar(in source[0], ref vector[0], size, done, elements, elements);
        Assert.That(done, Is.EqualTo((nint)320));
        Assert.That(vector, Is.EqualTo(scalar));
        Array.Clear(vector);
        done = ByteShuffle.FromPlanes<Vector128<byte>, ByteLanes128>(in scalar[0], ref vector[0], size, elements, elements);
        ByteShuffle.FromPlanesScalar(in scalar[0], ref vector[0], size, done, elements, elements);
        Assert.That(vector, Is.EqualTo(source));
        if (!Avx2.IsSupported)
        {
            return;
        }

        done = ByteShuffle.ToPlanes<Vector256<byte>, ByteLanes256>(in source[0], ref vector[0], size, elements, elements);
        ByteShuffle.ToPlanesScalar(in source[0], ref vector[0], size, done, elements, elements);
        Assert.That(vector, Is.EqualTo(scalar));
        done = ByteShuffle.FromPlanes<Vector256<byte>, ByteLanes256>(in scalar[0], ref vector[0], size, elements, elements);
        ByteShuffle.FromPlanesScalar(in scalar[0], ref vector[0], size, done, elements, elements);
        Assert.That(vector, Is.EqualTo(source));
    }

    private static IEnumerable<(int Size, int Elements)> Blocks() =>
        from size in Enumerable.Range(1, 255)
        from elements in Lengths
        where size <= 16 || elements <= 256
        select (size, elements);

    private static byte[] ShuffleBytes(byte[] source, int size)
    {
        byte[] result = [.. source];
        int elements = source.Length / size;
        for (int element = 0; element < elements; element++)
        {
            for (int plane = 0; plane < size; plane++)
            {
                result[(plane * elements) + element] = source[(element * size) + plane];
            }
        }

        return result;
    }

    private static byte[] ShuffleBits(byte[] source, int size)
    {
        byte[] result = [.. source];
        int elements = source.Length / size;
        if (elements % 8 != 0)
        {
            return result;
        }

        Array.Clear(result, 0, elements * size);
        for (int element = 0; element < elements; element++)
        {
            for (int bit = 0; bit < 8 * size; bit++)
            {
                int value = (source[(element * size) + (bit / 8)] >> (bit % 8)) & 1;
                result[(bit * (elements / 8)) + (element / 8)] |= (byte)(value << (element % 8));
            }
        }

        return result;
    }
}
