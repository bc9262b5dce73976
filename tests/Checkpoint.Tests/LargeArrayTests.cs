using System.Buffers;
using System.Runtime.InteropServices;
using OcdbtSharp.Testing;
using ZstdSharp;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>
/// An array of more than 2 GiB, whose first chunk has exactly 2³¹ bytes: what Orbax writes of a large array that lay on one device. Takes some seconds,
/// 3 GiB of memory and, where the file system knows no holes, 4 GiB of disk: only with <c>OCDBTSHARP_LARGE=1</c> in the environment.
/// </summary>
[NonParallelizable]
public sealed class LargeArrayTests
{
    private const long Rows = 65_536 + 1;
    private const long Columns = 8192;
    private const long ChunkBytes = (Rows - 1) * Columns * sizeof(float);

    // Row and column of the elements that are not zero: at the ends of both chunks, and around what 31 and 32 bits can count.
    private static readonly (long Row, long Column)[] _marks =
        [(0, 0), (0, 8191), (16_383, 8191), (32_767, 8191), (32_768, 0), (65_535, 8190), (65_535, 8191), (65_536, 0), (65_536, 8191)];

    [SetUp]
    public void OnlyWhenAskedFor()
    {
        if (Environment.GetEnvironmentVariable("OCDBTSHARP_LARGE") != "1")
        {
            Assert.Ignore("takes 3 GiB of memory: set OCDBTSHARP_LARGE=1 to run it");
        }
    }

    [Test]
    public async Task Restores_whole_and_in_parts([Values] bool isZarr3, [Values] bool isCompressed)
    {
        using TemporaryFolder folder = new();
        Write(folder, isZarr3, isCompressed);
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(folder.Path)).OpenItemAsync();
        CheckpointLeaf leaf = item.Leaves.Single();
        Assert.That(leaf.LogicalBytes, Is.EqualTo(Rows * Columns * sizeof(float)));
        using (RestoredLeaf part = await leaf.RestoreAsync([65_534, 8000], [3, 192]))
        {
            ReadOnlyMemory<float> values = part.AsSpan<float>().ToArray();
            for (int index = 0; index < values.Length; index++)
            {
                Assert.That(values.Span[index], Is.EqualTo(Expected(65_534 + (index / 192), 8000 + (index % 192))));
            }
        }

        using RestoredTree restored = await item.RestoreAsync(new RestoreOptions { MaxMemory = 1 << 20 });
        RestoredLeaf whole = restored["w"];
        Assert.That(whole.ByteLength, Is.GreaterThan(int.MaxValue));
        Assert.That(() => whole.AsSpan<float>(), Throws.ArgumentException);
        Check(whole);
    }

    [Test]
    public async Task Exports_piece_by_piece([Values] bool isCompressed)
    {
        using TemporaryFolder folder = new();
        Write(folder, isZarr3: true, isCompressed);
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(folder.Path)).OpenItemAsync();
        await CheckpointExport.ToNpyFolderAsync(item, folder.Combine("out"));
        using FileStream file = File.OpenRead(folder.Combine("out", "w.npy"));
        Assert.That(file.Length, Is.EqualTo(128 + (Rows * Columns * sizeof(float))));
        byte[] element = new byte[sizeof(float)];
        foreach ((long row, long column) in _marks)
        {
            file.Position = 128 + (((row * Columns) + column) * sizeof(float));
            file.ReadExactly(element);
            Assert.That(BitConverter.ToSingle(element), Is.EqualTo(Expected(row, column)), $"{row}, {column}");
        }
    }

    private static void Check(RestoredLeaf whole)
    {
        const int Window = 1 << 24;
        List<(long, long)> found = [];
        for (long offset = 0; offset < whole.ByteLength; offset += Window)
        {
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(whole.AsMemory(offset, (int)Math.Min(Window, whole.ByteLength - offset)).Span);
            for (int index = values.IndexOfAnyExcept(0f); index >= 0;)
            {
                long position = (offset / sizeof(float)) + index;
                Assert.That(values[index], Is.EqualTo(Expected(position / Columns, position % Columns)));
                found.Add((position / Columns, position % Columns));
                int next = values[(index + 1)..].IndexOfAnyExcept(0f);
                index = next < 0 ? -1 : index + 1 + next;
            }
        }

        Assert.That(found, Is.EqualTo(_marks));
    }

    private static float Expected(long row, long column)
    {
        int mark = Array.IndexOf(_marks, (row, column));
        return mark < 0 ? 0 : mark + 0.5f;
    }

    /// <summary>Writes an item as Orbax does without OCDBT. In zarr v2 and v3 alike the chunk at the edge is stored whole.</summary>
    private static void Write(TemporaryFolder folder, bool isZarr3, bool isCompressed)
    {
        File.WriteAllText(
            folder.Combine("_METADATA"),
            $$$"""
            {"tree_metadata": {"('w',)": {"key_metadata": [{"key": "w", "key_type": 2}], "value_metadata": {"value_type": "jax.Array", "skip_deserialize": false} } },
             "use_ocdbt": false, "use_zarr3": {{{(isZarr3 ? "true" : "false")}}}, "store_array_data_equal_to_fill_value": true}
            """);
        string array = folder.Combine("w");
        Directory.CreateDirectory(isZarr3 ? Path.Combine(array, "c", "0") : array);
        Directory.CreateDirectory(isZarr3 ? Path.Combine(array, "c", "1") : array);
        string zstd = isCompressed ? """, {"name": "zstd", "configuration": {"level": 1, "checksum": false}}""" : "";
        string compressor = isCompressed ? """{"id": "zstd"}""" : "null";
        File.WriteAllText(
            Path.Combine(array, isZarr3 ? "zarr.json" : ".zarray"),
            isZarr3
                ? $$$"""
                {"zarr_format": 3, "node_type": "array", "shape": [{{{Rows}}}, {{{Columns}}}], "data_type": "float32", "fill_value": 0,
                 "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [{{{Rows - 1}}}, {{{Columns}}}]} },
                 "chunk_key_encoding": {"name": "default"},
                 "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}{{{zstd}}}]}
                """
                : $$"""
                {"zarr_format": 2, "shape": [{{Rows}}, {{Columns}}], "chunks": [{{Rows - 1}}, {{Columns}}], "dtype": "<f4", "fill_value": null, "filters": null,
                 "order": "C", "compressor": {{compressor}} }
                """);
        for (int chunk = 0; chunk < 2; chunk++)
        {
            string path = Path.Combine(array, isZarr3 ? Path.Combine("c", $"{chunk}", "0") : $"{chunk}.0");
            using FileStream file = File.Create(path);
            if (isCompressed)
            {
                using CompressionStream compressed = new(file, 1);
                WriteChunk(chunk, bytes => compressed.Write(bytes), count => WriteZeros(compressed, count));
            }
            else
            {
                WriteChunk(chunk, bytes => file.Write(bytes), count => file.Position += count);
                file.SetLength(ChunkBytes);
            }
        }
    }

    private static void WriteChunk(int chunk, Action<byte[]> write, Action<long> skip)
    {
        long position = 0;
        foreach ((long row, long column) in _marks)
        {
            long offset = ((row * Columns) + column) * sizeof(float) - (chunk * ChunkBytes);
            if (offset >= 0 && offset < ChunkBytes)
            {
                skip(offset - position);
                write(BitConverter.GetBytes(Expected(row, column)));
                position = offset + sizeof(float);
            }
        }

        skip(ChunkBytes - position);
    }

    private static void WriteZeros(CompressionStream stream, long count)
    {
        byte[] zeros = ArrayPool<byte>.Shared.Rent(1 << 20);
        zeros.AsSpan().Clear();
        for (; count > 0; count -= zeros.Length)
        {
            stream.Write(zeros, 0, (int)Math.Min(count, zeros.Length));
        }

        ArrayPool<byte>.Shared.Return(zeros);
    }
}
