using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Zarr3.Tests.Writing;

/// <summary>
/// A chunk of exactly 2³¹ bytes, which is what Orbax makes of a large array. Takes some seconds, 6 GiB of memory and, where the file system knows no
/// holes, 4 GiB of disk: only with <c>OCDBTSHARP_LARGE=1</c> in the environment.
/// </summary>
[NonParallelizable]
public sealed class LargeChunkTests
{
    private const long Rows = 65_536;
    private const long Columns = 8192;

    // Row and column of the elements that are not zero: at the ends, and around what 31 bits can count.
    private static readonly (long Row, long Column)[] Marks = [(0, 0), (0, 8191), (32_767, 8191), (32_768, 0), (49_151, 8191), (65_535, 8191)];

    [TestCase(true, "raw")]
    [TestCase(true, "zstd")]
    [TestCase(true, "shards")]
    [TestCase(false, "raw")]
    [TestCase(false, "zstd")]
    public async Task Is_written_whole_and_in_part_and_read_back(bool isV3, string form)
    {
        if (Environment.GetEnvironmentVariable("OCDBTSHARP_LARGE") != "1")
        {
            Assert.Ignore("takes 6 GiB of memory: set OCDBTSHARP_LARGE=1 to run it");
        }

        using TemporaryFolder folder = new();
        ZarrArray array = await ZarrArray.CreateAsync(new FileKvStore(folder.Path), new ArrayCreateOptions
        {
            Format = isV3 ? ZarrFormat.V3 : ZarrFormat.V2,
            Shape = [Rows, Columns],
            ChunkShape = form == "shards" ? [16_384, Columns] : [Rows, Columns],
            ShardShape = form == "shards" ? [Rows, Columns] : null,
            DataType = DataType.Parse("float32"),
            Codecs = form == "raw" ? [] : [ZarrCodec.Zstd(1)],
        });
        using (NativeBuffer elements = new(array.ByteCount))
        {
            elements.Span.Clear();
            foreach ((long row, long column) in Marks)
            {
                elements.AsSpan<float>(((row * Columns) + column) * sizeof(float), 1)[0] = row + 0.5f;
            }

            await array.WriteAsync(elements);
            await CheckAsync(array, elements, Marks, 0.5f);
        }

        // And each mark by itself, with what the chunk holds beside it.
        foreach ((long row, long column) in Marks[2..4])
        {
            await array.WriteAsync<float>(new[] { row + 0.25f }, new ArrayRegion([row, column], [1, 1]));
        }

        using NativeBuffer read = new(array.ByteCount);
        await CheckAsync(array, read, Marks[2..4], 0.25f);
        await CheckAsync(array, read, [.. Marks[..2], .. Marks[4..]], 0.5f);
    }

    private static async Task CheckAsync(ZarrArray array, NativeBuffer buffer, (long Row, long Column)[] marks, float fraction)
    {
        buffer.Span.Slice(0, 1 << 20).Clear();
        await array.ReadAsync(buffer);
        foreach ((long row, long column) in marks)
        {
            long offset = ((row * Columns) + column) * sizeof(float);
            Assert.That(buffer.AsSpan<float>(offset, 1)[0], Is.EqualTo(row + fraction), $"{row}, {column}");
        }

        int others = 0;
        for (long offset = 0; offset < buffer.Length; offset += 1 << 26)
        {
            others += CountNonZero(buffer.AsSpan<float>(offset, 1 << 24));
        }

        Assert.That(others, Is.EqualTo(Marks.Length));
    }

    private static int CountNonZero(ReadOnlySpan<float> values)
    {
        int count = 0;
        for (int index = values.IndexOfAnyExcept(0f); index >= 0;)
        {
            count++;
            int next = values[(index + 1)..].IndexOfAnyExcept(0f);
            index = next < 0 ? -1 : index + 1 + next;
        }

        return count;
    }
}
