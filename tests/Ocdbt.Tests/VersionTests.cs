using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Which version is opened.</summary>
[TestFixture]
public sealed class VersionTests
{
    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("ocdbt");

    [TestCaseSource(nameof(Cases))]
    public async Task A_time_means_the_last_version_at_it_or_before(GoldenCase golden)
    {
        FileKvStore store = new(golden.Data);
        List<OcdbtVersion> versions = await (await OcdbtStore.OpenAsync(store)).ListVersionsAsync().ToListAsync();
        Assert.That(await GenerationAsync(versions[0].CommitTime - 1), Is.Null);
        foreach ((OcdbtVersion version, int index) in versions.Select((version, index) => (version, index)))
        {
            ulong next = index + 1 < versions.Count ? versions[index + 1].CommitTime : ulong.MaxValue;
            Assert.That(await GenerationAsync(version.CommitTime), Is.EqualTo(version.Generation));
            Assert.That(await GenerationAsync(version.CommitTime + 1), Is.EqualTo(version.Generation));
            Assert.That(await GenerationAsync(next - 1), Is.EqualTo(version.Generation));
        }

        async Task<ulong?> GenerationAsync(ulong time)
        {
            try
            {
                OcdbtStore opened = await OcdbtStore.OpenAsync(store, new OcdbtOptions { Version = VersionSpec.OfCommitTime(time) });
                return opened.Version?.Generation;
            }
            catch (StorageException)
            {
                return null;
            }
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task A_generation_that_does_not_exist_is_an_error(GoldenCase golden)
    {
        FileKvStore store = new(golden.Data);
        List<OcdbtVersion> versions = await (await OcdbtStore.OpenAsync(store)).ListVersionsAsync().ToListAsync();
        foreach (ulong generation in (ulong[])[0, versions[^1].Generation + 1, 1000, ulong.MaxValue])
        {
            Assert.That(
                async () => await OcdbtStore.OpenAsync(store, new OcdbtOptions { Version = VersionSpec.OfGeneration(generation) }),
                Throws.TypeOf<StorageException>().With.Message.Contain("no such version"));
        }
    }

    [TestCase("v10", 10UL)]
    [TestCase("@v10", 10UL)]
    [TestCase("10", 10UL)]
    [TestCase("v18446744073709551615", ulong.MaxValue)]
    public void Generations_are_understood(string text, ulong generation) => Assert.That(VersionSpec.Parse(text), Is.EqualTo(VersionSpec.OfGeneration(generation)));

    [TestCase("1970-01-01T00:00:00Z", 0UL)]
    [TestCase("@2026-11-24T02:34:46.318584072Z", 1795487686318584072UL)]
    [TestCase("2026-11-24T02:34:46.3Z", 1795487686300000000UL)]
    [TestCase("2554-07-21T23:34:32.999999999Z", 18446744072999999999UL)]
    public void Times_are_understood(string text, ulong nanoseconds) => Assert.That(VersionSpec.Parse(text), Is.EqualTo(VersionSpec.OfCommitTime(nanoseconds)));

    [TestCase("")]
    [TestCase("v0")]
    [TestCase("v-1")]
    [TestCase("v18446744073709551616")]
    [TestCase("2026-11-24")]
    [TestCase("2026-11-24T02:34:46")]
    [TestCase("2026-11-24T02:34:46.1234567890Z")]
    [TestCase("1969-12-31T23:59:59Z")]
    [TestCase("2554-07-21T23:34:33Z")]
    [TestCase("9999-01-01T00:00:00Z")]
    public void Other_text_is_refused(string text) => Assert.That(() => VersionSpec.Parse(text), Throws.TypeOf<FormatException>());

    [Test]
    public async Task Config_without_versions_is_an_empty_database()
    {
        MemoryKvStore store = new();
        await store.WriteAsync(Manifest.FileName, new Manifest(NumberedConfig, [], []).Encode());
        OcdbtStore database = await OcdbtStore.OpenAsync(store);
        Assert.That(await database.ListAsync().CountAsync(), Is.Zero);
        Assert.That(await database.ListVersionsAsync().CountAsync(), Is.Zero);
        Assert.That((await database.ReadAsync("a")).HasValue, Is.False);
        Assert.That(database.Version, Is.Null);
    }

    [Test]
    public async Task Numbered_manifest_that_vanishes_has_been_followed_by_a_newer_one()
    {
        MemoryKvStore store = new();
        await store.WriteAsync(Manifest.FileName, new Manifest(NumberedConfig, [], []).Encode());
        await store.WriteAsync(Manifest.NumberedKey(7), new Manifest(NumberedConfig, [Empty(7)], []).Encode());
        OcdbtStore database = await OcdbtStore.OpenAsync(new StaleListKvStore(store, Manifest.NumberedKey(5), times: 1));
        Assert.That(database.Version?.Generation, Is.EqualTo(7));
        Assert.That(
            async () => await OcdbtStore.OpenAsync(new StaleListKvStore(store, Manifest.NumberedKey(5), times: int.MaxValue)),
            Throws.TypeOf<StorageException>().With.Message.Contain("cannot be read"));
    }

    [Test]
    public async Task Numbered_manifest_of_another_number_or_database_is_an_error()
    {
        Config other = NumberedConfig with { Uuid = Guid.NewGuid() };
        foreach (Manifest numbered in (Manifest[])[new(NumberedConfig, [Empty(6)], []), new(other, [Empty(7)], []), new(NumberedConfig, [], [])])
        {
            MemoryKvStore store = new();
            await store.WriteAsync(Manifest.FileName, new Manifest(NumberedConfig, [], []).Encode());
            await store.WriteAsync(Manifest.NumberedKey(7), numbered.Encode());
            Assert.That(async () => await OcdbtStore.OpenAsync(store), Throws.TypeOf<CorruptDataException>().With.Message.Contain("numbered manifest"));
        }
    }

    private static Config NumberedConfig { get; } =
        new() { Uuid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), ManifestKind = OcdbtManifestKind.Numbered };

    private static BtreeGenerationReference Empty(ulong generation) => new(generation, generation, 0, BtreeNodeReference.Missing);

    /// <summary>A store whose lists name one key alone, that is not there, a number of times.</summary>
    private sealed class StaleListKvStore(IKvStore store, Key stale, int times) : ForwardingKvStore(store)
    {
        private int _left = times;

        public override async IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            if (_left-- > 0)
            {
                yield return new ListEntry(stale, 1);
                yield break;
            }

            await foreach (ListEntry entry in base.ListAsync(range, cancellationToken))
            {
                yield return entry;
            }
        }
    }
}
