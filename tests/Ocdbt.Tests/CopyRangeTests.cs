using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Databases are merged by reference: values stay where they are, and so do leaves of which every key is taken.</summary>
[TestFixture]
public sealed class CopyRangeTests
{
    private const int Keys = 300;

    private static readonly OcdbtOptions Create = new()
    {
        Mode = OcdbtOpenMode.OpenOrCreate,
        Config = new OcdbtConfig { MaxDecodedNodeBytes = 600, MaxInlineValueBytes = 20 },
    };

    [Test]
    public async Task Leaves_that_nothing_else_touches_are_taken_over_whole([Values] bool targetHasKeys)
    {
        MemoryKvStore files = new();
        OcdbtStore target = await OcdbtStore.OpenAsync(files, Create);
        if (targetHasKeys)
        {
            await FillAsync(target, "m");
        }

        await using OcdbtTransaction transaction = target.BeginTransaction();
        foreach (string name in (string[])["b", "z"])
        {
            OcdbtStore source = await OcdbtStore.OpenAsync(files.WithPrefix($"{name}/"), Create);
            await FillAsync(source, name);
            await transaction.CopyRangeAsync(source);
        }

        Assert.That(await transaction.CommitAsync(), Is.True);
        await CheckAsync(target, targetHasKeys ? ["b", "m", "z"] : ["b", "z"]);
        Dictionary<string, int> leaves = await LeavesAsync(files);
        Assert.That(leaves["b/"], Is.EqualTo(await CountLeavesAsync(files.WithPrefix("b/"))));
        Assert.That(leaves["z/"], Is.EqualTo(await CountLeavesAsync(files.WithPrefix("z/"))));

        // What was taken over can be changed.
        await target.DeleteRangeAsync(KeyRange.Prefix("b/"));
        await target.WriteAsync("z/00100", Value("z", 100));
        await CheckAsync(target, targetHasKeys ? ["m", "z"] : ["z"]);
    }

    [Test]
    public async Task Merges_can_be_merged()
    {
        MemoryKvStore files = new();
        OcdbtStore top = await OcdbtStore.OpenAsync(files, Create);
        OcdbtStore middle = await OcdbtStore.OpenAsync(files.WithPrefix("host/"), Create);
        OcdbtStore leaf = await OcdbtStore.OpenAsync(files.WithPrefix("host/part/"), Create);
        await FillAsync(leaf, "a");
        await FillAsync(middle, "b");
        await middle.CopyRangeAsync(leaf);
        await top.CopyRangeAsync(middle);
        await CheckAsync(top, ["a", "b"]);
        await CheckAsync(await OcdbtStore.OpenAsync(files), ["a", "b"]);
        Assert.That((await LeavesAsync(files)).Keys, Is.EquivalentTo(new[] { "host/part/", "host/" }));
    }

    [Test]
    public async Task Interleaved_keys_are_merged_one_by_one()
    {
        MemoryKvStore files = new();
        OcdbtStore target = await OcdbtStore.OpenAsync(files, Create);
        for (int part = 0; part < 3; part++)
        {
            OcdbtStore source = await OcdbtStore.OpenAsync(files.WithPrefix($"part_{part}/"), Create);
            await using OcdbtTransaction transaction = source.BeginTransaction();
            for (int i = part; i < Keys; i += 3)
            {
                await transaction.WriteAsync(KeyOf("a", i), Value("a", i));
            }

            Assert.That(await transaction.CommitAsync(), Is.True);
            await target.CopyRangeAsync(source);
        }

        await CheckAsync(target, ["a"]);
    }

    [Test]
    public async Task A_database_elsewhere_is_refused()
    {
        OcdbtStore target = await OcdbtStore.OpenAsync(new MemoryKvStore(), Create);
        OcdbtStore source = await OcdbtStore.OpenAsync(new MemoryKvStore(), Create);
        Assert.That(async () => await target.CopyRangeAsync(source), Throws.ArgumentException);
    }

    private static async Task FillAsync(OcdbtStore store, string name)
    {
        await using OcdbtTransaction transaction = store.BeginTransaction();
        for (int i = 0; i < Keys; i++)
        {
            await transaction.WriteAsync(KeyOf(name, i), Value(name, i));
        }

        Assert.That(await transaction.CommitAsync(), Is.True);
    }

    private static async Task CheckAsync(OcdbtStore store, string[] names)
    {
        Assert.That(
            (await store.ListAsync().ToListAsync()).Select(entry => entry.Key.ToString()),
            Is.EqualTo(names.SelectMany(name => Enumerable.Range(0, Keys).Select(i => KeyOf(name, i)))));
        foreach (string name in names)
        {
            for (int i = 0; i < Keys; i++)
            {
                Assert.That((await store.ReadAsync(KeyOf(name, i))).Value.ToArray(), Is.EqualTo(Value(name, i)));
            }
        }
    }

    /// <summary>How many leaves of the latest version lie in which database.</summary>
    private static async Task<Dictionary<string, int>> LeavesAsync(IKvStore files)
    {
        IoHandle io = new(files, 0);
        Dictionary<string, int> leaves = [];
        Stack<IndirectDataReference> pending = new([(await io.GetManifestAsync(default)).Latest.Root.Location]);
        while (pending.TryPop(out IndirectDataReference location))
        {
            BtreeNode node = await io.GetBtreeNodeAsync(location, default);
            string place = new Key(location.File.BasePath.ToArray()).ToString();
            leaves[place] = leaves.GetValueOrDefault(place) + (node.Height == 0 ? 1 : 0);
            for (int i = 0; node.Height > 0 && i < node.Count; i++)
            {
                pending.Push(node.LocationAt(i));
            }
        }

        return leaves.Where(pair => pair.Value > 0).ToDictionary();
    }

    private static async Task<int> CountLeavesAsync(IKvStore files) => (await LeavesAsync(files)).Values.Sum();

    private static string KeyOf(string name, int index) => $"{name}/{index:d5}";

    private static byte[] Value(string name, int index) => System.Text.Encoding.UTF8.GetBytes(new string(name[0], index % 40));
}
