using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>Chunks of random shapes and types through random chains of codecs. The number of them can be raised by OCDBTSHARP_ROUNDS.</summary>
public sealed class CodecPipelineTests
{
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("OCDBTSHARP_ROUNDS"), out int rounds) ? rounds : 400;

    [Test]
    public void Elements_come_back_whole_and_in_boxes([Values] bool storeFillValue)
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            RandomChunk chunk = new(seed);
            using EncodedChunk encoded = chunk.Codecs.Encode(chunk.Scattered(), storeFillValue);
            Assert.That(chunk.Codecs.EncodedLength ?? encoded.Length, Is.EqualTo(encoded.Length), $"{seed}: {chunk}");

            byte[] decoded = new byte[chunk.Elements.Length];
            chunk.Codecs.Decode(encoded.Span, chunk.Codecs.Spec.View(decoded));
            Assert.That(decoded, Is.EqualTo(chunk.Elements), $"{seed}: {chunk}");

            ArrayView scattered = chunk.Scattered();
            scattered.Fill(null);
            chunk.Codecs.Decode(encoded.Span, scattered);
            scattered.CopyTo(decoded.AsSpan());
            Assert.That(decoded, Is.EqualTo(chunk.Elements), $"{seed}, scattered: {chunk}");

            (long[] origin, long[] shape) = chunk.Box();
            ArrayView expected = chunk.View.Slice(origin, shape);
            byte[] wanted = new byte[expected.ByteCount];
            expected.CopyTo(wanted.AsSpan());
            byte[] box = new byte[wanted.Length];
            chunk.Codecs.Decode(encoded.Span, origin, ArrayView.RowMajor(box, shape, expected.ElementSize));
            Assert.That(box, Is.EqualTo(wanted), $"{seed}, box {Extents.Format(origin)} {Extents.Format(shape)}: {chunk}");
        }
    }

    [Test]
    public void Bytes_do_not_depend_on_how_elements_lie_in_memory()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            RandomChunk chunk = new(seed);
            using EncodedChunk compact = chunk.Codecs.Encode(chunk.View);
            using EncodedChunk scattered = chunk.Codecs.Encode(chunk.Scattered());
            Assert.That(Bytes(scattered), Is.EqualTo(Bytes(compact)), $"{seed}: {chunk}");
        }
    }

    [Test]
    public void Chains_are_spelled_so_that_they_can_be_read_again()
    {
        for (int seed = 0; seed < Rounds; seed++)
        {
            RandomChunk chunk = new(seed);
            JsonArray spelled = chunk.Codecs.ToJson();
            using JsonDocument document = JsonDocument.Parse(spelled.ToJsonString());
            CodecPipeline again = CodecRegistry.CreatePipeline(document.RootElement.Clone(), chunk.Codecs.Spec);
            Assert.That(again.ToJson().ToJsonString(), Is.EqualTo(spelled.ToJsonString()), $"{seed}: {chunk}");
            using EncodedChunk encoded = chunk.Codecs.Encode(chunk.View);
            byte[] decoded = new byte[chunk.Elements.Length];
            again.Decode(encoded.Span, again.Spec.View(decoded));
            Assert.That(decoded, Is.EqualTo(chunk.Elements), $"{seed}: {chunk}");
        }
    }

    [Test]
    public void Damaged_chunks_are_a_typed_error_or_give_elements()
    {
        for (int seed = 0; seed < Rounds / 10; seed++)
        {
            RandomChunk chunk = new(seed);
            using EncodedChunk encoded = chunk.Codecs.Encode(chunk.View);
            byte[] decoded = new byte[chunk.Elements.Length];
            Mutation.Check(Bytes(encoded), bytes => chunk.Codecs.Decode(bytes.AsSpan(), chunk.Codecs.Spec.View(decoded)), seed, rounds: 60);
        }
    }

    [Test]
    public void Inner_chunks_of_the_fill_value_are_left_out_where_that_is_asked_for([Values] bool storeFillValue, [Values("start", "end")] string location)
    {
        string json = $$$"""
            [{"name": "sharding_indexed", "configuration": {"chunk_shape": [2], "codecs": [{"name": "bytes"}],
              "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}], "index_location": "{{{location}}}"}}]
            """;
        using JsonDocument document = JsonDocument.Parse(json);
        CodecPipeline codecs = CodecRegistry.CreatePipeline(document.RootElement.Clone(), new ChunkSpec([8], DataType.Parse("uint8"), [7]));
        byte[] elements = [7, 7, 1, 7, 7, 7, 2, 3];
        const int index = 4 * ShardIndex.EntryLength + 4;
        using EncodedChunk shard = codecs.Encode(codecs.Spec.View(elements), storeFillValue);
        Assert.That(shard.Length, Is.EqualTo(index + (storeFillValue ? 8 : 4)));
        ShardIndex read = codecs.Sharding!.DecodeIndex(shard.Span);
        Assert.That(Enumerable.Range(0, 4).Select(chunk => read.TryGet(chunk, out _, out _)), Is.EqualTo(new[] { storeFillValue, true, storeFillValue, true }));
        Assert.That(read.TryGet(1, out long offset, out long length) ? (offset, length) : default, Is.EqualTo(((location == "start" ? index : 0L) + (storeFillValue ? 2 : 0), 2L)));

        using EncodedChunk empty = codecs.Encode(codecs.Spec.View([7, 7, 7, 7, 7, 7, 7, 7]), storeFillValue);
        Assert.That(empty.Length, Is.EqualTo(index + (storeFillValue ? 8 : 0)));
        byte[] decoded = new byte[8];
        codecs.Decode(empty.Span, codecs.Spec.View(decoded));
        Assert.That(decoded, Is.All.EqualTo(7));
    }

    [Test]
    public void Chunks_that_nothing_changes_are_the_callers_own_memory()
    {
        using JsonDocument document = JsonDocument.Parse("""[{"name": "bytes", "configuration": {"endian": "little"}}]""");
        CodecPipeline codecs = CodecRegistry.CreatePipeline(document.RootElement.Clone(), new ChunkSpec([3, 2], DataType.Parse("int32"), null));
        byte[] elements = TestBytes.Random(24, seed: 1);
        using EncodedChunk encoded = codecs.Encode(codecs.Spec.View(elements));
        Assert.That(encoded.IsBorrowed);
        Assert.That(System.Runtime.CompilerServices.Unsafe.AreSame(ref encoded.Span.First, ref elements[0]));
    }

    [Test]
    public void Zstandard_frames_that_do_not_say_what_they_hold_are_read()
    {
        byte[] elements = TestBytes.Compressible(1000, seed: 4);
        byte[] compressed = CodecVector.Encode(CodecVector.Codec("""{"id": "gzip"}"""), elements);
        using MemoryStream frame = new();
        using (ZstdSharp.CompressionStream stream = new(frame, leaveOpen: true))
        {
            stream.Write(compressed);
        }

        using JsonDocument document = JsonDocument.Parse("""["bytes", "gzip", "zstd"]""");
        CodecPipeline codecs = CodecRegistry.CreatePipeline(document.RootElement.Clone(), new ChunkSpec([1000], DataType.Parse("uint8"), null));
        byte[] decoded = new byte[1000];
        codecs.Decode(frame.ToArray().AsSpan(), codecs.Spec.View(decoded));
        Assert.That(decoded, Is.EqualTo(elements));
    }

    [Test]
    public void Codecs_in_a_wrong_order_are_refused()
    {
        foreach (string json in (string[])["""["crc32c", {"name": "bytes", "configuration": {"endian": "little"}}]""", """["crc32c"]""",
            """[{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "transpose", "configuration": {"order": [0]}}]""",
            """[{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "bytes", "configuration": {"endian": "little"}}]"""])
        {
            using JsonDocument document = JsonDocument.Parse(json);
            Assert.Throws<UnsupportedFormatException>(() => CodecRegistry.CreatePipeline(document.RootElement.Clone(), new ChunkSpec([3], DataType.Parse("int32"), null)), json);
        }
    }

    private static byte[] Bytes(EncodedChunk chunk) => chunk.Span.Window(0, (int)chunk.Length).ToArray();
}

internal static class ChunkSpecViews
{
    /// <summary>Memory as the elements of a chunk, in C order.</summary>
    public static ArrayView View(this ChunkSpec spec, byte[] elements) => ArrayView.RowMajor(elements, spec.Shape, spec.DataType.Size);
}
