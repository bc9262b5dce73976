using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Zarr3.Tests.Groups;

[TestFixture]
public sealed class GroupTests
{
    private static readonly ArrayCreateOptions Vector = new() { Shape = [2], DataType = DataType.Parse("int16") };

    private static GoldenCase PythonGroup => (GoldenCase)GoldenCase.Family("zarr3").Single(golden => golden.Arguments[0]!.ToString() == "python-group").Arguments[0]!;

    [Test]
    public async Task A_group_of_zarr_python_has_its_members_and_attributes([Values] bool useConsolidatedMetadata)
    {
        ZarrGroup root = await ZarrGroup.OpenAsync(new FileKvStore(PythonGroup.Data), useConsolidatedMetadata: useConsolidatedMetadata);
        Assert.That(root.IsConsolidated, Is.EqualTo(useConsolidatedMetadata));
        Assert.That(root.Attributes.GetRawText(), Does.Contain("\"root\""));
        Assert.That(await NamesAsync(root, recursive: false), Is.EqualTo(new[] { "model Group", "step Array" }));
        Assert.That(await NamesAsync(root, recursive: true), Is.EqualTo(new[] { "model Group", "model/b Array", "model/w Array", "step Array" }));
        ZarrGroup model = await root.OpenGroupAsync("model");
        Assert.That(model.Attributes.GetProperty("epoch").GetInt32(), Is.EqualTo(3));
        Assert.That(await NamesAsync(model, recursive: true), Is.EqualTo(new[] { "b Array", "w Array" }));
        Assert.That((await root.OpenArrayAsync("model/w")).Shape, Is.EqualTo(new[] { 4, 5 }));
        Assert.That((await model.OpenArrayAsync("b")).DataType.Name, Is.EqualTo("float16"));
    }

    [Test]
    public async Task Consolidated_metadata_is_what_zarr_python_wrote()
    {
        MemoryKvStore store = new();
        FileKvStore golden = new(PythonGroup.Data);
        await foreach (ListEntry entry in golden.ListAsync())
        {
            await store.WriteAsync(entry.Key, (await golden.ReadAsync(entry.Key)).Value);
        }

        JsonNode theirs = JsonNode.Parse((await store.ReadAsync("zarr.json")).Value.Span)!;
        JsonObject without = theirs.DeepClone().AsObject();
        without.Remove("consolidated_metadata");
        await store.WriteAsync("zarr.json", without.ToJsonString());
        await (await ZarrGroup.OpenAsync(store)).ConsolidateMetadataAsync();

        // zarr-python repeats that a group below has nothing below it.
        foreach ((_, JsonNode? member) in theirs["consolidated_metadata"]!["metadata"]!.AsObject())
        {
            member!.AsObject().Remove("consolidated_metadata");
        }

        JsonNode ours = JsonNode.Parse((await store.ReadAsync("zarr.json")).Value.Span)!;
        Assert.That(JsonNode.DeepEquals(ours, theirs), ours.ToJsonString());
    }

    [Test]
    public async Task What_is_created_below_has_groups_above_it([Values] ZarrFormat format)
    {
        MemoryKvStore store = new();
        ZarrGroup root = await ZarrGroup.CreateAsync(store, "", new GroupCreateOptions { Format = format, Attributes = Json("""{"a":1}""") });
        ZarrArray array = await root.CreateArrayAsync("x/y/z", Vector with { Attributes = Json("""{"unit":"m"}""") });
        await array.WriteAsync(new byte[] { 1, 2, 3, 4 });
        await root.CreateGroupAsync("x/g", new GroupCreateOptions { Attributes = Json("""{"b":2}""") });
        Assert.That(await NamesAsync(root, recursive: true), Is.EqualTo(new[] { "x Group", "x/g Group", "x/y Group", "x/y/z Array" }));

        ZarrGroup consolidated = await root.ConsolidateMetadataAsync();
        Assert.That(consolidated.IsConsolidated);
        ZarrGroup opened = await ZarrGroup.OpenAsync(store);
        Assert.That(opened.IsConsolidated);
        Assert.That(await NamesAsync(opened, recursive: true), Is.EqualTo(await NamesAsync(root, recursive: true)));
        Assert.That(opened.Attributes.GetRawText(), Is.EqualTo("""{"a":1}"""));
        Assert.That((await opened.OpenGroupAsync("x/g")).Attributes.GetRawText(), Is.EqualTo("""{"b":2}"""));
        byte[] read = new byte[4];
        ZarrArray found = await (await opened.OpenGroupAsync("x")).OpenArrayAsync("y/z");
        await found.ReadAsync(read);
        Assert.That(read, Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
        Assert.That((await found.ReadAttributesAsync()).GetRawText(), Is.EqualTo("""{"unit":"m"}"""));

        // What came later is not in the consolidated metadata, but it is there.
        await opened.CreateArrayAsync("late", Vector);
        Assert.That((await opened.OpenArrayAsync("late")).Shape, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public async Task Consolidated_metadata_costs_one_read([Values] ZarrFormat format)
    {
        MemoryKvStore memory = new();
        ZarrGroup root = await ZarrGroup.CreateAsync(memory, "", new GroupCreateOptions { Format = format });
        for (int index = 0; index < 20; index++)
        {
            await root.CreateArrayAsync($"g{index}/a", Vector);
        }

        await root.ConsolidateMetadataAsync();
        CountingKvStore store = new(memory);
        ZarrGroup opened = await ZarrGroup.OpenAsync(store);
        int reads = store.Reads;
        await foreach (ZarrNode node in opened.ListAsync(recursive: true))
        {
            if (node.Kind == ZarrNodeKind.Array)
            {
                await opened.OpenArrayAsync(node.Path);
            }
        }

        Assert.That(store.Reads, Is.EqualTo(reads));
    }

    [Test]
    public async Task A_list_of_members_passes_over_their_chunks()
    {
        MemoryKvStore memory = new();
        ZarrGroup root = await ZarrGroup.CreateAsync(memory);
        ZarrArray array = await root.CreateArrayAsync("a", new ArrayCreateOptions { Shape = [500], ChunkShape = [1], DataType = DataType.Parse("uint8") });
        await array.WriteAsync(Enumerable.Repeat((byte)1, 500).ToArray());
        await root.CreateArrayAsync("b", Vector);
        CountingKvStore store = new(memory);
        await NamesAsync(await ZarrGroup.OpenAsync(store), recursive: true);
        Assert.That(store.Listed, Is.LessThan(10));
    }

    [Test]
    public async Task Folders_without_metadata_are_groups_where_an_array_is_below_them()
    {
        MemoryKvStore store = new();
        await ZarrArray.CreateAsync(store.WithPrefix("model/layer/"), Vector with { Format = ZarrFormat.V2 });
        await store.WriteAsync("other/file", "no array");
        ZarrGroup root = await ZarrGroup.OpenAsync(store);
        Assert.That(root.Format, Is.EqualTo(ZarrFormat.V2));
        Assert.That(await NamesAsync(root, recursive: true), Is.EqualTo(new[] { "model Group", "model/layer Array" }));
        Assert.That(await NamesAsync(root, recursive: false), Is.EqualTo(new[] { "model Group" }));
        Assert.That(await NamesAsync(await root.OpenGroupAsync("/model/"), recursive: false), Is.EqualTo(new[] { "layer Array" }));
    }

    [Test]
    public async Task Attributes_are_replaced([Values] ZarrFormat format)
    {
        MemoryKvStore store = new();
        ZarrGroup group = await ZarrGroup.CreateAsync(store, "g", new GroupCreateOptions { Format = format, Attributes = Json("""{"a":1}""") });
        await group.WriteAttributesAsync(Json("""{"b":[2.5]}"""));
        Assert.That((await ZarrGroup.OpenAsync(store, "g")).Attributes.GetRawText(), Is.EqualTo("""{"b":[2.5]}"""));
        ZarrArray array = await group.CreateArrayAsync("a", Vector);
        array = await array.WriteAttributesAsync(Json("""{"c":null}"""));
        Assert.That((await array.ReadAttributesAsync()).GetRawText(), Is.EqualTo("""{"c":null}"""));
        Assert.That((await (await group.OpenArrayAsync("a")).ReadAttributesAsync()).GetRawText(), Is.EqualTo("""{"c":null}"""));
    }

    [Test]
    public async Task What_cannot_be_is_refused()
    {
        MemoryKvStore store = new();
        await Assert.ThrowsAsync<StorageException>(async () => await ZarrGroup.OpenAsync(store));
        ZarrGroup root = await ZarrGroup.CreateAsync(store);
        await root.CreateArrayAsync("a", Vector);
        await Assert.ThrowsAsync<StorageException>(async () => await root.CreateArrayAsync("a/b", Vector));
        await Assert.ThrowsAsync<StorageException>(async () => await root.OpenGroupAsync("a"));
        await Assert.ThrowsAsync<StorageException>(async () => await ZarrGroup.CreateAsync(store));
        await Assert.ThrowsAsync<ArgumentException>(async () => await root.CreateGroupAsync("b/../c"));
        await store.WriteAsync("bad/zarr.json", """{"zarr_format":3,"node_type":"leaf"}""");
        CorruptDataException? bad = await Assert.ThrowsAsync<CorruptDataException>(async () => await NamesAsync(root, recursive: true));
        Assert.That(bad!.Message, Does.Contain("bad/zarr.json"));
    }

    private static async Task<List<string>> NamesAsync(ZarrGroup group, bool recursive) =>
        await group.ListAsync(recursive).Select(node => $"{node.Path} {node.Kind}").ToListAsync();

    private static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
        return document.RootElement.Clone();
    }
}
