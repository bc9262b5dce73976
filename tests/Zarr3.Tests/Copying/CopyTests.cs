using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3.Tests.Writing;

namespace OcdbtSharp.Zarr3.Tests.Copying;

[TestFixture]
public sealed class CopyTests
{
    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("zarr2").Concat(GoldenCase.Family("zarr3"));

    [TestCaseSource(nameof(Cases))]
    public async Task Golden_arrays_copied_to_either_version_hold_the_same(GoldenCase golden)
    {
        if (golden.Expect().TryGetProperty("fields", out _))
        {
            return;
        }

        IKvStore source = await GoldenArray.StoreAsync(golden);
        foreach (ZarrFormat format in Enum.GetValues<ZarrFormat>())
        {
            foreach (GoldenArray expected in GoldenArray.Of(golden))
            {
                MemoryKvStore store = new();
                ZarrArray array = await expected.OpenAsync();
                ZarrCopyOptions options = new() { Format = format };
                bool needsCodecs = format == ZarrFormat.V2 && golden.Name is "codec-sharding-transposed" or "codec-transpose";
                await ZarrCopy.CopyAsync(source.WithPrefix(expected.Path), store, needsCodecs ? options with { Codecs = [ZarrCodec.Zstd()] } : options);
                ZarrArray copy = await ZarrArray.OpenAsync(store);
                Assert.That(copy.Format, Is.EqualTo(format));
                Assert.That(copy.DataType, Is.EqualTo(array.DataType));
                byte[] elements = new byte[copy.ByteCount];
                await copy.ReadAsync(elements);
                Assert.That(elements.AsSpan().SequenceEqual(expected.Elements), expected.Path);
                if (array.Format == format)
                {
                    Assert.That(copy.ChunkShape, Is.EqualTo(array.ChunkShape));
                    Assert.That(JsonElement.DeepEquals(
                        JsonSpelling.ToElement(copy.Metadata.ToJson()), JsonSpelling.ToElement(array.Metadata.ToJson())), copy.MetadataJson.GetRawText());
                }
            }
        }
    }

    [Test]
    public void Copies_with_other_chunks_codecs_and_types_hold_the_same() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        CheckAsync(seed).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Test]
    public async Task Groups_are_copied_with_attributes_and_consolidated_metadata()
    {
        FileKvStore source = new(Path.Combine(GoldenCase.Root, "zarr3", "python-group", "data"));
        MemoryKvStore store = new();
        long copied = 0;
        await ZarrCopy.CopyAsync(source, store, new ZarrCopyOptions
        {
            Format = ZarrFormat.V2,
            ChunkShape = [2, 2],
            DegreeOfParallelism = 1,
            Progress = new Sum(bytes => copied += bytes),
        });
        ZarrGroup group = await ZarrGroup.OpenAsync(store);
        Assert.That(group.IsConsolidated);
        Assert.That(group.Attributes.GetRawText(), Is.EqualTo("""{"title":"root"}"""));
        Assert.That((await group.OpenGroupAsync("model")).Attributes.GetRawText(), Is.EqualTo("""{"epoch":3}"""));
        Assert.That((await group.OpenArrayAsync("model/w")).ChunkShape, Is.EqualTo(new[] { 2, 2 }));
        Assert.That((await group.OpenArrayAsync("step")).Shape, Is.Empty);
        Assert.That(copied, Is.EqualTo((4 * 5 * 4) + (4 * 5 * 2) + 8));
    }

    [Test]
    public async Task A_copy_reads_each_chunk_about_once_and_writes_each_once()
    {
        MemoryKvStore memory = new();
        ZarrArray array = await ZarrArray.CreateAsync(memory, new ArrayCreateOptions
        {
            Shape = [64, 64],
            ChunkShape = [32, 32],
            DataType = DataType.Parse("uint8"),
            Codecs = [ZarrCodec.Gzip(1)],
        });
        await array.WriteAsync(Enumerable.Range(0, 64 * 64).Select(value => (byte)((value % 200) + 1)).ToArray());
        CountingKvStore source = new(memory);
        CountingKvStore destination = new(new MemoryKvStore());
        await ZarrCopy.CopyAsync(source, destination, new ZarrCopyOptions { ChunkShape = [8, 16] });
        Assert.That(source.Reads, Is.LessThan(10));
        Assert.That(destination.Writes, Is.EqualTo((8 * 4) + 1));
    }

    private static async Task CheckAsync(int seed)
    {
        Random random = new(seed);
        RandomArray array = await RandomArray.CreateAsync(seed);
        await array.WriteAsync(default, array.RandomElements(default), storeFillValue: false);
        int rank = array.Array.Shape.Count;
        long[] chunk = [.. Enumerable.Range(0, rank).Select(_ => random.NextInt64(1, 6))];
        ZarrFormat format = random.Next(2) == 0 ? ZarrFormat.V2 : ZarrFormat.V3;
        MemoryKvStore store = new();
        await ZarrCopy.CopyAsync(array.Store, store, new ZarrCopyOptions
        {
            Format = format,
            ChunkShape = chunk,
            ShardShape = format == ZarrFormat.V3 && random.Next(2) == 0 ? [.. chunk.Select(extent => extent * random.NextInt64(1, 4))] : null,
            Codecs = random.Next(2) == 0 ? [] : [ZarrCodec.Zstd(1)],
            MaxMemory = random.Next(2) == 0 ? 1 : 1 << 20,
        });
        byte[] read = new byte[array.Model.Length];
        ZarrArray copy = await ZarrArray.OpenAsync(store);
        await copy.ReadAsync(read);
        Assert.That(read.AsSpan().SequenceEqual(array.Model), $"{array.Array.MetadataJson.GetRawText()}\n{copy.MetadataJson.GetRawText()}");
    }

    private sealed class Sum(Action<long> add) : IProgress<long>
    {
        public void Report(long value) => add(value);
    }
}
