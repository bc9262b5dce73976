using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Tests.Writing;

[TestFixture]
public sealed class ResizeTests
{
    [Test]
    public void What_both_shapes_have_is_kept_and_no_chunk_stays_outside() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        CheckAsync(seed).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Test]
    public async Task Metadata_of_others_keeps_its_order_and_its_extensions()
    {
        MemoryKvStore store = new();
        await store.WriteAsync("zarr.json", """
            {"zarr_format":3,"shape":[4],"node_type":"array","data_type":"int8","fill_value":0,"mine":{"must_understand":false,"x":1.50},
            "chunk_grid":{"name":"regular","configuration":{"chunk_shape":[2]}},"chunk_key_encoding":{"name":"default"},"codecs":[{"name":"bytes"}]}
            """);
        await (await ZarrArray.OpenAsync(store)).ResizeAsync([5]);
        Assert.That(
            System.Text.Encoding.UTF8.GetString((await store.ReadAsync("zarr.json")).Value.Span),
            Is.EqualTo("""{"zarr_format":3,"shape":[5],"node_type":"array","data_type":"int8","fill_value":0,"mine":{"must_understand":false,"x":1.5},"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[2]}},"chunk_key_encoding":{"name":"default"},"codecs":[{"name":"bytes"}]}"""));
    }

    [Test]
    public async Task Of_a_member_that_is_given_twice_the_last_counts()
    {
        MemoryKvStore store = new();
        await store.WriteAsync(".zarray", """{"zarr_format":2,"shape":[9],"shape":[4],"chunks":[2],"dtype":"|i1","fill_value":0,"order":"C","filters":null,"compressor":null}""");
        ZarrArray array = await ZarrArray.OpenAsync(store);
        Assert.That(array.Shape, Is.EqualTo(new[] { 4 }));
        Assert.That((await array.ResizeAsync([5])).Shape, Is.EqualTo(new[] { 5 }));
    }

    [Test]
    public async Task A_shape_that_cannot_be_is_refused()
    {
        ZarrArray array = await ZarrArray.CreateAsync(new MemoryKvStore(), new ArrayCreateOptions { Shape = [4], DataType = DataType.Parse("int8") });
        await Assert.ThrowsAsync<ArgumentException>(async () => await array.ResizeAsync([4, 4]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await array.ResizeAsync([-1]));
    }

    private static async Task CheckAsync(int seed)
    {
        Random random = new(seed);
        RandomArray array = await RandomArray.CreateAsync(seed);
        await array.WriteAsync(default, array.RandomElements(default), storeFillValue: true);
        long[] old = [.. array.Array.Shape];
        long[] shape = [.. old.Select(extent => random.NextInt64(0, 2 * extent + 2))];
        ZarrArray resized = await array.Array.ResizeAsync(shape);
        Assert.That((await ZarrArray.OpenAsync(array.Store)).Shape, Is.EqualTo(shape));

        // What both have.
        long[] common = [.. old.Zip(shape, Math.Min)];
        byte[] read = new byte[Extents.Product(common) * resized.DataType.Size];
        await resized.ReadAsync(read, new ArrayRegion(new long[common.Length], common));
        byte[] kept = new byte[read.Length];
        ArrayView.RowMajor(array.Model, old, resized.DataType.Size).Slice(new long[common.Length], common).CopyTo(kept.AsSpan());
        Assert.That(read.AsSpan().SequenceEqual(kept), $"{Extents.Format(old)} to {Extents.Format(shape)}");

        ArrayStorage storage = await resized.GetStorageAsync();
        long chunks = await array.Store.ListAsync().CountAsync(entry => resized.Metadata.KeyEncoding.TryDecode(entry.Key, new long[shape.Length]));
        Assert.That(storage.StoredChunkCount, Is.EqualTo(chunks), "chunks outside");
        Assert.That(storage.StoredChunkCount, Is.LessThanOrEqualTo(storage.ChunkCount));

        // And the array goes on as one of its new shape.
        byte[] all = new byte[resized.ByteCount];
        random.NextBytes(all);
        if (resized.DataType.Name == "bool")
        {
            all = [.. all.Select(value => (byte)(value & 1))];
        }

        await resized.WriteAsync(all);
        byte[] back = new byte[all.Length];
        await resized.ReadAsync(back);
        Assert.That(back.AsSpan().SequenceEqual(all));
    }
}
