using OcdbtSharp.KvStore.Files;
using OcdbtSharp.Testing;

namespace OcdbtSharp.KvStore.Tests.Files;

/// <summary>Large parts go past the page cache, their edges do not, and together they are the file.</summary>
public sealed class DirectWriterTests
{
    private const int Mebibyte = 1 << 20;

    [Test]
    public void Parts_of_any_length_at_any_offset_make_the_file([Range(0, 7)] int seed, [Values] bool inMemory)
    {
        string? memory = inMemory && Directory.Exists("/dev/shm") ? "/dev/shm" : null;
        if (inMemory && memory is null)
        {
            Assert.Ignore("There is no file system in memory here.");
        }

        using TemporaryFolder folder = new();
        string path = Path.Combine(memory ?? folder.Path, $"direct-{Guid.NewGuid()}");
        Random random = new(seed);
        byte[] content = new byte[random.Next(20, 40) * Mebibyte / 2 + random.Next(10_000)];
        random.NextBytes(content);
        List<Range> parts = [];
        for (int at = 0; at < content.Length;)
        {
            int length = Math.Min(content.Length - at, random.Next(3) == 0 ? random.Next(1, 9000) : random.Next(1, 7 * Mebibyte));
            parts.Add(at..(at + length));
            at += length;
        }

        try
        {
            using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
            using (DirectWriter writer = new(file, path))
            {
                Parallel.ForEach(parts.OrderBy(_ => random.Next()).ToArray(), part => writer.Write(content.AsSpan(part), part.Start.Value));

                // Tells if the page cache held what went past it.
                RandomAccess.FlushToDisk(file);
            }

            Assert.That(File.ReadAllBytes(path).AsSpan().SequenceEqual(content), Is.True);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void Memory_whose_address_is_aligned_is_written_as_it_lies()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "aligned");
        using NativeBuffer content = new(9 * Mebibyte + 5);
        Random.Shared.NextBytes(content.AsSpan<byte>(0, (int)content.Length));
        using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
        using (DirectWriter writer = new(file, path))
        {
            writer.Write(content.AsSpan<byte>(0, (int)content.Length), 0);
        }

        Assert.That(File.ReadAllBytes(path).AsSpan().SequenceEqual(content.AsSpan<byte>(0, (int)content.Length)), Is.True);
    }
}
