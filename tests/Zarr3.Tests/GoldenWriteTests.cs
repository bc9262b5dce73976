using System.Text;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Tests;

/// <summary>An array that is created and written as TensorStore and zarr-python did it lies in the store as they left it.</summary>
[TestFixture]
public sealed class GoldenWriteTests
{
    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("zarr2").Concat(GoldenCase.Family("zarr3"));

    [TestCaseSource(nameof(Cases))]
    public async Task Metadata_is_the_same_file(GoldenCase golden)
    {
        foreach (GoldenArray expected in Arrays(golden))
        {
            ZarrArray array = await expected.OpenAsync();
            (MemoryKvStore store, ZarrArray copy) = await CreateAsync(array);
            Key key = array.Format == ZarrFormat.V2 ? ".zarray" : "zarr.json";
            string ours = Encoding.UTF8.GetString((await store.ReadAsync(key)).Value.Span);
            string theirs = Encoding.UTF8.GetString((await array.Store.ReadAsync(key)).Value.Span);
            if (golden.Expect().GetProperty("writer").GetString() == "tensorstore")
            {
                Assert.That(ours, Is.EqualTo(theirs));
            }
            else
            {
                JsonNode spelled = WithoutDefaults(JsonNode.Parse(theirs)!);
                Assert.That(JsonNode.DeepEquals(JsonNode.Parse(ours), spelled), $"{ours}\n{spelled.ToJsonString()}");
            }

            Assert.That(copy.Shape, Is.EqualTo(array.Shape));
            Assert.That(copy.DataType, Is.EqualTo(array.DataType));
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Chunks_are_the_same_and_so_are_their_bytes_where_nothing_is_compressed(GoldenCase golden)
    {
        foreach (GoldenArray expected in Arrays(golden))
        {
            ZarrArray array = await expected.OpenAsync();
            byte[] elements = new byte[array.ByteCount];
            await array.ReadAsync(elements);
            (MemoryKvStore store, ZarrArray copy) = await CreateAsync(array);
            await copy.WriteAsync(elements);

            Dictionary<Key, byte[]> ours = await ChunksAsync(store, copy);
            Dictionary<Key, byte[]> theirs = await ChunksAsync(array.Store, array);
            Assert.That(ours.Keys.Order(), Is.EqualTo(theirs.Keys.Order()));
            foreach ((Key key, byte[] bytes) in theirs)
            {
                if (IsUncompressed(array.Metadata.Codecs))
                {
                    Assert.That(ours[key].AsSpan().SequenceEqual(bytes), $"{expected.Path} {key}");
                }
            }

            byte[] back = new byte[elements.Length];
            await (await ZarrArray.OpenAsync(store)).ReadAsync(back);
            Assert.That(back.AsSpan().SequenceEqual(elements), expected.Path);
        }
    }

    private static IEnumerable<GoldenArray> Arrays(GoldenCase golden) => golden.Expect().TryGetProperty("fields", out _)
        ? [new GoldenArray(golden, "", golden.Expect())]
        : GoldenArray.Of(golden);

    private static async Task<(MemoryKvStore Store, ZarrArray Array)> CreateAsync(ZarrArray like)
    {
        MemoryKvStore store = new();
        return (store, await ZarrArray.CreateAsync(store, new ArrayCreateOptions { Metadata = like.MetadataJson }));
    }

    private static async Task<Dictionary<Key, byte[]>> ChunksAsync(IKvStore store, ZarrArray array)
    {
        Dictionary<Key, byte[]> chunks = [];
        await foreach (ListEntry entry in store.ListAsync())
        {
            if (array.Metadata.KeyEncoding.TryDecode(entry.Key, new long[array.Shape.Count]))
            {
                chunks.Add(entry.Key, (await store.ReadAsync(entry.Key)).Value.ToArray());
            }
        }

        return chunks;
    }

    private static bool IsUncompressed(CodecPipeline codecs) => codecs.Codecs.All(codec =>
        codec is BytesCodec or TransposeCodec or ChecksumCodec || (codec is ShardingIndexedCodec sharding && IsUncompressed(sharding.Inner)));

    /// <summary>Removes what zarr-python spells out and TensorStore leaves to the reader, as this library does.</summary>
    private static JsonNode WithoutDefaults(JsonNode node)
    {
        if (node is JsonObject json)
        {
            foreach ((string name, JsonNode? value) in json.ToArray())
            {
                if ((name, value?.ToJsonString()) is ("attributes", "{}") or ("storage_transformers", "[]") or ("index_location", "\"end\"")
                    || (name == "configuration" && value!.ToJsonString() == "{\"separator\":\"/\"}" && json["name"]!.GetValue<string>() == "default"))
                {
                    json.Remove(name);
                }
                else if (value is not null)
                {
                    WithoutDefaults(value);
                }
            }
        }

        foreach (JsonNode? item in node as JsonArray ?? [])
        {
            if (item is not null)
            {
                WithoutDefaults(item);
            }
        }

        return node;
    }
}
