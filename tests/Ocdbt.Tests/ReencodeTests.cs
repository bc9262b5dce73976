using System.Buffers;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;
using OcdbtSharp.Ocdbt.Operations;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Every manifest and node that TensorStore wrote comes out of our encoders as it was.</summary>
[TestFixture]
public sealed class ReencodeTests
{
    private static IEnumerable<TestCaseData> Databases =>
        new[] { "ocdbt", "orbax", "zarr2", "zarr3" }
            .SelectMany(family => Directory.EnumerateFiles(Path.Combine(GoldenCase.Root, family), Manifest.FileName, SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal)
            .Select(path => new TestCaseData(Path.GetDirectoryName(path)).SetArgDisplayNames(Path.GetRelativePath(GoldenCase.Root, path)));

    [TestCaseSource(nameof(Databases))]
    public async Task Manifests_and_nodes_are_encoded_as_they_were(string folder)
    {
        IKvStore files = new FileKvStore(folder);
        IoHandle io = new(files, new OcdbtOptions());
        Config config = (await io.Manifests.GetAsync(TimeSpan.Zero, default))!.Manifest.Config;
        foreach (string path in Directory.EnumerateFiles(folder, "manifest.*"))
        {
            byte[] bytes = await File.ReadAllBytesAsync(path);
            AssertSame(bytes, Manifest.Decode(bytes).Encode(), FormatLimits.ManifestMagic, path);
        }

        Manifest manifest = (await io.Manifests.GetAsync(TimeSpan.Zero, default))!.Manifest;
        HashSet<IndirectDataReference> seen = [];
        foreach (VersionNodeReference reference in manifest.VersionTreeNodes)
        {
            await CheckVersionTreeAsync(files, config, reference, seen);
        }

        await foreach (BtreeGenerationReference version in ReadVersionOperation.ListAsync(io, manifest, default))
        {
            if (!version.Root.Location.IsMissing)
            {
                await CheckBtreeAsync(files, config, version.Root, seen);
            }
        }
    }

    private static async Task CheckVersionTreeAsync(IKvStore files, Config config, VersionNodeReference reference, HashSet<IndirectDataReference> seen)
    {
        if (!seen.Add(reference.Location))
        {
            return;
        }

        byte[] bytes = await ReadAsync(files, reference.Location);
        VersionTreeNode node = VersionTreeNode.Decode(bytes, default);
        AssertSame(bytes, node.Encode(config.Compression), FormatLimits.VersionTreeNodeMagic, reference.Location.ToString());
        foreach (VersionNodeReference child in node.Children)
        {
            await CheckVersionTreeAsync(files, config, child, seen);
        }
    }

    private static async Task CheckBtreeAsync(IKvStore files, Config config, BtreeNodeReference reference, HashSet<IndirectDataReference> seen)
    {
        if (!seen.Add(reference.Location))
        {
            return;
        }

        byte[] bytes = await ReadAsync(files, reference.Location);
        BtreeNode node = BtreeNode.Decode(bytes, default);
        BtreeNodeEncoder encoder = new(config, node.Height);
        for (int i = 0; i < node.Count; i++)
        {
            if (node.Height == 0)
            {
                encoder.Add(node.FullKey(i, default), node.ValueAt(i));
            }
            else
            {
                encoder.Add(new ChildEntry(node.FullKey(i, default), node.SubtreePrefixLength(i), node.ChildAt(i)));
            }
        }

        using EncodedNode encoded = encoder.Encode(0, node.Count, isRoot: true);
        AssertSame(bytes, encoded.Bytes.ToArray(), FormatLimits.BtreeNodeMagic, reference.Location.ToString());
        if (bytes.Length == encoded.Bytes.Length)
        {
            Assert.That(encoded.Statistics, Is.EqualTo(reference.Statistics), reference.Location.ToString());
        }

        for (int i = 0; node.Height > 0 && i < node.Count; i++)
        {
            // The base path of a node in another database is put before those of its children when it is read for good.
            if (reference.Location.File.BaseLength == 0)
            {
                await CheckBtreeAsync(files, config, node.ChildAt(i), seen);
            }
        }
    }

    private static async Task<byte[]> ReadAsync(IKvStore files, IndirectDataReference location) =>
        (await files.ReadAsync(location.File.Path, new ReadOptions { Range = ByteRange.FromOffset(location.Offset, location.Length) })).Value.ToArray();

    private static void AssertSame(byte[] expected, byte[] actual, uint magic, string what)
    {
        Assert.That(
            Envelope.Decode(actual, magic, what).ToArray(), Is.EqualTo(Envelope.Decode(expected, magic, what).ToArray()), what);
        TestContext.Out.WriteLine($"{what}: {expected.Length} bytes, whole file {(expected.AsSpan().SequenceEqual(actual) ? "equal" : $"differs ({actual.Length})")}");
    }
}
