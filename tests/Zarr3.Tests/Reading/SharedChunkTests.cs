using System.Runtime.InteropServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Zarr3.Tests.Reading;

/// <summary>A chunk that several threads share.</summary>
public sealed class SharedChunkTests
{
    private const int Count = 6 << 20;

    [Test]
    public async Task Elements_are_those_that_one_thread_reads([Values] ZarrFormat format, [Values] bool compressed, [Values] bool checksum)
    {
        using TemporaryFolder folder = new();
        (ZarrArray array, byte[] elements) = await CreateAsync(folder, format, compressed, checksum);
        foreach (int degree in new[] { 1, 2, 7 })
        {
            byte[] read = new byte[elements.Length];
            await array.ReadAsync(read.AsMemory(), options: new ArrayReadOptions { DegreeOfParallelism = degree });
            Assert.That(read.AsSpan().SequenceEqual(elements), Is.True, $"{degree} at a time");
        }

        // A region of whole rows is one run of a raw chunk.
        byte[] rows = new byte[elements.Length / 1024 * 1000];
        await array.ReadAsync(rows.AsMemory(), new ArrayRegion([24, 0], [1000, Count / 1024]));
        Assert.That(rows.AsSpan().SequenceEqual(elements.AsSpan(elements.Length / 1024 * 24)), Is.True);
    }

    [Test]
    public async Task Damage_of_any_part_is_an_error_that_names_the_chunk()
    {
        using TemporaryFolder folder = new();
        (ZarrArray array, byte[] elements) = await CreateAsync(folder, ZarrFormat.V2, compressed: true, checksum: false);
        string file = Path.Combine(folder.Path, "0.0");
        byte[] stored = await File.ReadAllBytesAsync(file);
        byte[] read = new byte[elements.Length];
        foreach (double where in new[] { 0.01, 0.5, 0.99 })
        {
            byte[] damaged = (byte[])stored.Clone();
            damaged.AsSpan((int)(damaged.Length * where), 4096).Clear();
            await File.WriteAllBytesAsync(file, damaged);
            Assert.That(async () => await array.ReadAsync(read.AsMemory()), Throws.InstanceOf<CorruptDataException>().With.Message.Contain(file), $"{where}");
        }

        await File.WriteAllBytesAsync(file, stored[..^1000]);
        Assert.That(async () => await array.ReadAsync(read.AsMemory()), Throws.InstanceOf<CorruptDataException>().With.Message.Contain(file));
        File.Delete(file);
        await array.ReadAsync(read.AsMemory());
        Assert.That(read.AsSpan().ContainsAnyExcept((byte)0), Is.False, "the fill value");
    }

    private static async Task<(ZarrArray Array, byte[] Elements)> CreateAsync(TemporaryFolder folder, ZarrFormat format, bool compressed, bool checksum)
    {
        byte[] elements = new byte[Count * sizeof(float)];
        Random random = new(1);
        foreach (ref float value in MemoryMarshal.Cast<byte, float>(elements.AsSpan()))
        {
            value = (float)((random.NextDouble() + random.NextDouble() - 1) * 0.02);
        }

        ArrayCreateOptions options = new()
        {
            Format = format,
            Shape = [1024, Count / 1024],
            ChunkShape = [1024, Count / 1024],
            DataType = DataType.Parse("float32"),
            FillValue = new byte[4],
            Codecs = compressed ? [checksum ? ZarrCodec.Of("zstd", """{"level": 1, "checksum": true}""") : ZarrCodec.Zstd(1)] : [],
        };
        ZarrArray array = await ZarrArray.CreateAsync(new FileKvStore(folder.Path), options);
        await array.WriteAsync(elements.AsMemory());
        return (array, elements);
    }
}
