using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Every small file of the golden checkpoints, cut at every length and with every byte changed: the answer or an error that names the file.</summary>
public sealed class DamagedFileTests
{
    // Cutting and changing each byte is quadratic in the length.
    private const int LongestFile = 6000;

    private static readonly Dictionary<string, Action<byte[]>> _decoders = new()
    {
        [CheckpointLayout.TreeMetadataFile] = bytes => TreeMetadata.Decode(bytes, "dir/file"),
        [CheckpointLayout.StepMetadataFile] = bytes => StepMetadata.Decode(bytes, "dir/file"),
        [CheckpointLayout.ShardingFile] = bytes => ArraySharding.DecodeFile(bytes, "dir/file"),
        [CheckpointLayout.StringsFile] = bytes => StringsFile.Decode(bytes, "dir/file"),
        [CheckpointLayout.RootMetadataFile] = bytes => RootMetadata.Decode(bytes, "dir/file"),
        [CheckpointLayout.LegacyRootMetadataFile] = bytes => RootMetadata.DecodeLegacy(bytes, "dir/file"),
        [CheckpointLayout.MetricsName] = bytes => PythonJson.Parse(bytes, "dir/file"),
        [CheckpointLayout.V1JsonFile] = bytes => PythonJson.Parse(bytes, "dir/file"),
        [CheckpointLayout.AggregateFile] = DecodeMessagePack,
        ["flax_model.msgpack"] = DecodeMessagePack,
        ["process_0"] = bytes => ArrayMetadatas.Decode(bytes, "dir/file", []),
    };

    public static IEnumerable<TestCaseData> Files() =>
        from file in _decoders.Keys
        let found = Directory.EnumerateFiles(GoldenCase.Root, file, SearchOption.AllDirectories)
            .Select(path => new FileInfo(path)).Where(info => info.Length <= LongestFile).OrderBy(info => info.FullName, StringComparer.Ordinal).ToList()
        from info in Pick(found)
        select new TestCaseData(file, info.FullName).SetArgDisplayNames(Path.GetRelativePath(GoldenCase.Root, info.FullName));

    [TestCaseSource(nameof(Files))]
    public void Is_an_error_or_the_answer(string name, string path)
    {
        byte[] whole = File.ReadAllBytes(path);
        Action<byte[]> decode = _decoders[name];
        decode(whole);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.That(() => decode(whole[..length]), Throws.TypeOf<CorruptDataException>().With.Property("Location").EqualTo("dir/file"), $"cut at {length}");
        }

        for (int position = 0; position < whole.Length; position++)
        {
            foreach (byte change in (byte[])[0x01, 0x80, 0xFF])
            {
                byte[] changed = [.. whole];
                changed[position] ^= change;
                try
                {
                    decode(changed);
                }
                catch (OcdbtSharpException error) when (error is CorruptDataException or UnsupportedFormatException)
                {
                    Assert.That(error.Location, Is.EqualTo("dir/file"));
                }
            }
        }
    }

    [TestCaseSource(typeof(GoldenCase), nameof(GoldenCase.Family), ["orbax"])]
    public async Task Damaged_rich_types_are_an_error_or_a_tree(GoldenCase golden)
    {
        foreach (string path in Directory.EnumerateFiles(golden.Data, CheckpointLayout.TreeMetadataFile, SearchOption.AllDirectories))
        {
            if (TreeMetadata.Decode(File.ReadAllBytes(path), path).RichTree is not { } text)
            {
                continue;
            }

            CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(Path.GetDirectoryName(path)!)).OpenItemAsync();
            Assert.That(PyTreeBuilder.BuildRich(text, item.Leaves, "dir/file"), Is.Not.Null);
            for (int position = 0; position < text.Length; position++)
            {
                foreach (string changed in new[] { text[..position], text.Remove(position, 1), text[..position] + '0' + text[(position + 1)..] })
                {
                    try
                    {
                        PyTreeNode? tree = PyTreeBuilder.BuildRich(changed, item.Leaves, "dir/file");
                        Assert.That(tree?.Leaves().Count() ?? 0, Is.LessThanOrEqualTo(2 * item.Leaves.Count));
                    }
                    catch (CorruptDataException error)
                    {
                        Assert.That(error.Location, Is.EqualTo("dir/file"));
                    }
                }
            }
        }
    }

    [Test]
    public void Deep_nesting_is_an_error_and_not_the_end_of_the_stack()
    {
        byte[] deep = new byte[1_000_000];
        Array.Fill(deep, (byte)0x91);
        Assert.That(() => DecodeMessagePack(deep), Throws.TypeOf<CorruptDataException>());
        Array.Fill(deep, (byte)'[');
        Assert.That(() => PythonJson.Parse(deep, "dir/file"), Throws.TypeOf<CorruptDataException>());
    }

    [Test]
    public void Counts_that_cannot_be_allocate_nothing([Values(0xDDu, 0xDFu, 0xDBu, 0xC6u, 0xC9u)] uint code)
    {
        byte[] huge = [(byte)code, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => DecodeMessagePack(huge), Throws.TypeOf<CorruptDataException>());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    // The files of one name differ little: the first, the last and some between say enough.
    private static IEnumerable<FileInfo> Pick(List<FileInfo> files)
    {
        int stride = Math.Max(1, files.Count / 6);
        return files.Where((_, index) => index % stride == 0);
    }

    private static void DecodeMessagePack(byte[] bytes) => MessagePackTree.Decode(new ReadOnlyLongSpan(bytes), "dir/file");
}
