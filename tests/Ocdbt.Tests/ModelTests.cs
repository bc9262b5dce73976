using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>A database behaves as a sorted dictionary does, over random transactions, single writes, deletes, reopening and old versions.</summary>
[TestFixture]
public sealed class ModelTests
{
    // All configurations together have more than 10,000 operations; with OCDBTSHARP_LONG_TESTS each of them has.
    private static readonly int Steps = Environment.GetEnvironmentVariable("OCDBTSHARP_LONG_TESTS") is { Length: > 0 } ? 12_000 : 1_100;

    private static readonly string[] Stems = ["", "a", "ab", "abc/", "abd/", "layer_0/kernel", "layer_1/kernel", "\u00FF\u00FF", "z"];

    [Test]
    public void Behaves_as_a_sorted_dictionary(
        [Values(1u, 50u, 400u, 8u << 20)] uint nodeBytes, [Values] OcdbtManifestKind kind, [Values] bool compressed)
    {
        OcdbtConfig config = new()
        {
            MaxDecodedNodeBytes = nodeBytes,
            ManifestKind = kind,
            Compression = compressed ? OcdbtCompression.Zstd() : OcdbtCompression.None,
            MaxInlineValueBytes = 10,
            VersionTreeArityLog2 = nodeBytes == 50 ? 1 : 3,
        };
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => RunAsync(config, seed).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1));
    }

    private static async Task RunAsync(OcdbtConfig config, int seed)
    {
        Random random = new(seed);
        MemoryKvStore files = new();
        OcdbtOptions options = new() { Mode = OcdbtOpenMode.OpenOrCreate, Config = config, TargetDataFileSize = 500 };
        OcdbtStore store = await OcdbtStore.OpenAsync(files, options);
        SortedDictionary<Key, byte[]> model = [];
        OcdbtStore other = await OcdbtStore.OpenAsync(files.WithPrefix("other/"), options with { Config = config with { MaxInlineValueBytes = 20 } });
        SortedDictionary<Key, byte[]> otherModel = [];
        List<(ulong Generation, SortedDictionary<Key, byte[]> Contents)> history = [];
        for (int step = 0; step < Steps;)
        {
            if (random.Next(10) == 0)
            {
                store = await OcdbtStore.OpenAsync(files, options);
            }

            step += await MutateAsync(store, model, random);
            if (random.Next(6) == 0)
            {
                step += await MutateAsync(other, otherModel, random);
                await CopyAsync(store, model, other, otherModel, random);
            }

            Assert.That(await store.ListAsync().CountAsync(), Is.EqualTo(model.Count), $"seed {seed}");
            if (random.Next(8) == 0)
            {
                await CheckAsync(store, model, random);
                history.Add((store.Version!.Generation, new SortedDictionary<Key, byte[]>(model)));
            }
        }

        foreach ((ulong generation, SortedDictionary<Key, byte[]> contents) in history.Where(_ => random.Next(4) == 0))
        {
            OcdbtOptions old = new() { Version = VersionSpec.OfGeneration(generation) };
            await CheckAsync(await OcdbtStore.OpenAsync(files, old), contents, random);
        }
    }

    /// <summary>One commit; returns how many operations it has.</summary>
    private static async Task<int> MutateAsync(OcdbtStore store, SortedDictionary<Key, byte[]> model, Random random)
    {
        if (random.Next(2) == 0)
        {
            await ApplyAsync(store, model, random);
            return 1;
        }

        await using OcdbtTransaction transaction = store.BeginTransaction();
        SortedDictionary<Key, byte[]> copy = new(model);
        int operations = random.Next(1, 40);
        for (int i = 0; i < operations; i++)
        {
            await ApplyAsync(transaction, copy, random);
        }

        Assert.That(await transaction.ListAsync().Select(entry => entry.Key).ToListAsync(), Is.EqualTo(copy.Keys));
        if (random.Next(5) == 0)
        {
            return operations;
        }

        Assert.That(await transaction.CommitAsync(), Is.True);
        model.Clear();
        foreach ((Key key, byte[] value) in copy)
        {
            model.Add(key, value);
        }

        return operations;
    }

    /// <summary>Copies a part of another database by reference, under other keys.</summary>
    private static async Task CopyAsync(
        OcdbtStore store, SortedDictionary<Key, byte[]> model, OcdbtStore other, SortedDictionary<Key, byte[]> otherModel, Random random)
    {
        Key sourcePrefix = random.Next(2) == 0 ? Key.Empty : "layer_";
        Key targetPrefix = random.Next(2) == 0 ? Key.Empty : $"copy/{random.Next(3)}/";
        KeyRange range = random.Next(3) == 0 ? new KeyRange(RandomKey(random), RandomKey(random)) : KeyRange.All;
        await store.CopyRangeAsync(other, range, sourcePrefix, targetPrefix);
        foreach ((Key key, byte[] value) in otherModel)
        {
            Key rest = key.StartsWith(sourcePrefix) ? new Key(key.Bytes[sourcePrefix.Length..]) : Key.Empty;
            if (key.StartsWith(sourcePrefix) && range.Contains(rest))
            {
                model[targetPrefix.Append(rest)] = value;
            }
        }
    }

    private static async Task ApplyAsync(IKvStore store, SortedDictionary<Key, byte[]> model, Random random)
    {
        Key key = RandomKey(random);
        switch (random.Next(10))
        {
            case 0:
                Key other = RandomKey(random);
                KeyRange range = random.Next(20) == 0 ? KeyRange.All : key <= other ? new KeyRange(key, other) : KeyRange.Prefix(key);
                await store.DeleteRangeAsync(range);
                foreach (Key covered in model.Keys.Where(range.Contains).ToArray())
                {
                    model.Remove(covered);
                }

                break;
            case 1:
            case 2:
                await store.DeleteAsync(key);
                model.Remove(key);
                break;
            case 3:
                ReadResult read = await store.ReadAsync(key);
                Assert.That(read.HasValue, Is.EqualTo(model.ContainsKey(key)));
                byte[] next = RandomValue(random);
                StorageGeneration wrong = read.HasValue ? StorageGeneration.NoValue : new StorageGeneration("no such generation");
                Assert.That((await store.WriteAsync(key, next, new WriteOptions { IfEqual = wrong })).IsUnknown, Is.True);
                Assert.That((await store.WriteAsync(key, next, new WriteOptions { IfEqual = read.Generation })).IsUnknown, Is.False);
                model[key] = next;
                break;
            default:
                byte[] value = RandomValue(random);
                await store.WriteAsync(key, new ReadOnlySequence<byte>(value));
                model[key] = value;
                break;
        }
    }

    private static async Task CheckAsync(OcdbtStore store, SortedDictionary<Key, byte[]> model, Random random)
    {
        Assert.That(
            await store.ListAsync().ToListAsync(), Is.EqualTo(model.Select(pair => new ListEntry(pair.Key, pair.Value.Length))));
        KeyRange range = new(RandomKey(random), RandomKey(random));
        Assert.That(
            await store.ListAsync(range).Select(entry => entry.Key).ToListAsync(), Is.EqualTo(model.Keys.Where(range.Contains)));
        foreach ((Key key, byte[] value) in model)
        {
            ReadOnlyMemory<byte> found = (await store.ReadAsync(key)).Value;
            Assert.That(found.Span.SequenceEqual(value), $"{key}");
        }
    }

    private static Key RandomKey(Random random)
    {
        string stem = Stems[random.Next(Stems.Length)];
        return random.Next(4) == 0 ? stem : stem + random.Next(60);
    }

    private static byte[] RandomValue(Random random)
    {
        byte[] value = new byte[random.Next(4) == 0 ? random.Next(200) : random.Next(14)];
        random.NextBytes(value);
        return value;
    }
}
