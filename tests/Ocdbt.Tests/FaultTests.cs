using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>
/// Whichever single write of the base store fails, is late or is torn, the database opens, holds every commit that was acknowledged, and holds no
/// other by halves.
/// </summary>
[TestFixture]
public sealed class FaultTests
{
    private const int Commits = 9;
    private const int LargeBytes = 70_000;

    [Test]
    public async Task No_fault_of_a_single_write_harms_what_was_acknowledged([Values] Fault fault, [Values] OcdbtManifestKind kind, [Values] bool piecewise)
    {
        OcdbtOptions options = new()
        {
            Mode = OcdbtOpenMode.OpenOrCreate,
            Config = new OcdbtConfig { ManifestKind = kind, MaxDecodedNodeBytes = 200, VersionTreeArityLog2 = 1 },
            DataFilePrefixes = new DataFilePrefixes { VersionTreeNode = "history/" },
        };
        for (int call = 0; ; call++)
        {
            MemoryKvStore files = new();
            FaultyKvStore faulty = new(files, fault, call, piecewise);
            bool[] acknowledged = await RunAsync(faulty, options);
            await CheckAsync(files, options, acknowledged, $"{fault} of write {call}");
            if (faulty.Calls <= call)
            {
                Assert.That(acknowledged, Is.All.True);
                Assert.That(call, Is.GreaterThan(2 * Commits));
                return;
            }
        }
    }

    /// <summary>Commits several times and goes on after a failure; returns which commits were acknowledged.</summary>
    private static async Task<bool[]> RunAsync(FaultyKvStore files, OcdbtOptions options)
    {
        bool[] acknowledged = new bool[Commits];
        OcdbtStore? store = null;
        for (int i = 0; i < Commits; i++)
        {
            try
            {
                store ??= await OcdbtStore.OpenAsync(files, options);
                if (i % 3 == 2)
                {
                    await store.WriteAsync(Small(i), $"value {i}");
                }
                else
                {
                    await using OcdbtTransaction transaction = store.BeginTransaction();
                    await transaction.WriteAsync(Small(i), $"value {i}");
                    await transaction.WriteAsync(Large(i), Bytes(i));
                    Assert.That(await transaction.CommitAsync(), Is.True);
                }

                acknowledged[i] = true;
            }
            catch (StorageException)
            {
            }
        }

        return acknowledged;
    }

    private static async Task CheckAsync(MemoryKvStore files, OcdbtOptions options, bool[] acknowledged, string what)
    {
        Assert.That(acknowledged.Count(done => done), Is.GreaterThanOrEqualTo(Commits - 1), what);
        OcdbtStore store = await OcdbtStore.OpenAsync(files, options);
        for (int i = 0; i < Commits; i++)
        {
            ReadResult small = await store.ReadAsync(Small(i));
            ReadResult large = await store.ReadAsync(Large(i));
            Assert.That(small.HasValue || !acknowledged[i], $"{what}: commit {i} is lost");
            Assert.That(large.HasValue, Is.EqualTo(small.HasValue && i % 3 != 2), $"{what}: half of commit {i}");
            Assert.That(!large.HasValue || large.Value.Span.SequenceEqual(Bytes(i)), $"{what}: commit {i} is damaged");
        }

        // Every version can be read, and the database can be written to.
        foreach (OcdbtVersion version in await store.ListVersionsAsync().ToListAsync())
        {
            OcdbtStore old = await OcdbtStore.OpenAsync(files, new OcdbtOptions { Version = VersionSpec.OfGeneration(version.Generation) });
            Assert.That(await old.ListAsync().CountAsync(), Is.EqualTo((int)version.KeyCount));
        }

        await store.WriteAsync("afterwards", "works");
        Assert.That((await store.ReadAsync("afterwards")).HasValue, what);
    }

    private static string Small(int commit) => $"small/{commit}";

    private static string Large(int commit) => $"large/{commit}";

    private static byte[] Bytes(int commit)
    {
        byte[] bytes = new byte[LargeBytes];
        new Random(commit).NextBytes(bytes);
        return bytes;
    }
}
