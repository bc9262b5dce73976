using System.Security.Cryptography;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Zarr3.Tests;

/// <summary>zarrita reads what this library writes. Left out where it is not set up: <c>tests/peer/README.md</c> says how.</summary>
[TestFixture]
public sealed class PeerTests
{
    // What zarrita has no numbers for, or reads otherwise; tests/peer/README.md lists it.
    private static readonly string[] Unreadable =
    [
        "bfloat16", "float16", "float8", "float4", "int2", "int4", "complex", "bz2", "nested", "index-start", "transpose", "order-f", "rank-0", "zero-length",
        "fill-int64", "fill-uint64", "fill-float32-hex", "-c8", "-c16", "-f2", "structured", "in-ocdbt", "python-group",
    ];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static string Peer => Environment.GetEnvironmentVariable("OCDBTSHARP_PEER") is { Length: > 0 } folder
        ? folder
        : throw new IgnoreException("OCDBTSHARP_PEER is not set.");

    [TestCase("zarr2")]
    [TestCase("zarr3")]
    public async Task Arrays_like_the_golden_ones_are_read(string family)
    {
        string peer = Peer;
        GoldenCase[] cases = [.. GoldenCase.Family(family).Select(data => (GoldenCase)data.Arguments[0]!)
            .Where(golden => !Unreadable.Any(word => golden.Name.Contains(word, StringComparison.Ordinal)))];
        Assert.That(cases, Has.Length.GreaterThan(40));
        await Parallel.ForEachAsync(cases, async (golden, token) =>
        {
            using TemporaryFolder folder = new();
            GoldenArray expected = GoldenArray.Of(golden).Single();
            ZarrArray like = await expected.OpenAsync();
            ZarrArray array = await ZarrArray.CreateAsync(new FileKvStore(folder.Path), new ArrayCreateOptions { Metadata = like.MetadataJson }, token);
            await array.WriteAsync(expected.Elements, cancellationToken: token);
            await CheckAsync(peer, folder.Path, expected.Elements, golden.Name);
        });
    }

    [Test]
    public async Task Shards_written_in_parts_are_read()
    {
        string peer = Peer;
        using TemporaryFolder folder = new();
        ZarrArray array = await ZarrArray.CreateAsync(new FileKvStore(folder.Path), new ArrayCreateOptions
        {
            Shape = [10, 9],
            ShardShape = [8, 4],
            ChunkShape = [2, 2],
            DataType = DataType.Parse("int16"),
            Codecs = [ZarrCodec.Gzip(1), ZarrCodec.Crc32c],
        });
        byte[] elements = new byte[array.ByteCount];
        Random random = new(3);
        for (int round = 0; round < 8; round++)
        {
            long[] origin = [random.NextInt64(10), random.NextInt64(9)];
            long[] shape = [random.NextInt64(1, 11 - origin[0]), random.NextInt64(1, 10 - origin[1])];
            byte[] part = new byte[shape[0] * shape[1] * 2];
            random.NextBytes(part);
            await array.WriteAsync(part, new ArrayRegion(origin, shape));
        }

        await array.ReadAsync(elements);
        await CheckAsync(peer, folder.Path, elements, "shards");
    }

    private static async Task CheckAsync(string peer, string folder, byte[] elements, string what)
    {
        string output = await ChildProcess.RunAsync("node", [Path.Combine(peer, "bin", "read-zarr.mjs"), folder], Limit);
        using JsonDocument read = JsonDocument.Parse(output);
        string? digest = read.RootElement.GetProperty("sha256").GetString();
        Assert.That(digest, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(elements))), $"{what}: {output}");
    }
}
