using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Leaves that are read together into memory that they share.</summary>
public sealed class SmallLeafTests
{
    private const long Alignment = 64;

    // Not in the order of their keys, and of every kind: scalars, one chunk, several, the last of them cut off.
    private static readonly (string Name, string Type, long[] Shape, long? ChunkBytes)[] _leaves =
    [
        ("w", "float32", [16, 16], null),
        ("b", "float32", [16], null),
        ("scalar", "int64", [], null),
        ("chunks", "bfloat16", [12, 10], 40),
        ("ä", "uint8", [3], null),
        ("byte", "int8", [1], null),
        ("a.b", "float64", [2, 1, 3], null),
        ("last", "float32", [16, 16], null),
    ];

    [Test]
    public async Task Contents_are_what_was_written([Values] bool zarr3, [Values] bool compressed, [Values] bool database)
    {
        using TemporaryFolder folder = new();
        string path = await SaveAsync(folder, new SaveOptions { UseZarr3 = zarr3, UseCompression = compressed, UseOcdbt = database });
        using RestoredTree restored = await RestoreAsync(path);
        Assert.That(restored.Leaves, Has.Count.EqualTo(_leaves.Length));
        foreach ((string name, string type, long[] shape, _) in _leaves)
        {
            RestoredLeaf leaf = restored[name];
            byte[] expected = Bytes(name, type, shape);
            Assert.That(leaf.Shape, Is.EqualTo(shape), name);
            Assert.That(leaf.AsMemory(0, expected.Length).Span.SequenceEqual(expected), Is.True, name);
            Assert.That(Address(leaf) % Alignment, Is.Zero, name);
        }
    }

    [Test]
    public async Task A_tree_that_is_disposed_of_gives_out_nothing()
    {
        using TemporaryFolder folder = new();
        RestoredTree restored = await RestoreAsync(await SaveAsync(folder, new SaveOptions()));
        restored.Dispose();
        Assert.That(() => restored["w"].AsSpan<float>().Length, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => restored["b"].AsMemory(0, 1).Span.Length, Throws.InstanceOf<ObjectDisposedException>());
    }

    [TestCase("last/0.0")]
    [TestCase("chunks/2.0")]
    public async Task A_damaged_chunk_is_named(string chunk)
    {
        using TemporaryFolder folder = new();
        string path = await SaveAsync(folder, new SaveOptions());
        OcdbtStore database = await OcdbtStore.OpenAsync(new FileKvStore(path));
        await database.WriteAsync(chunk, "these are no elements"u8.ToArray());
        CorruptDataException? error = await Assert.ThrowsAsync<CorruptDataException>(() => RestoreAsync(path));
        Assert.That(error!.Location, Does.EndWith(chunk));
    }

    [TestCase("last/0.0")]
    [TestCase("chunks/2.0")]
    public async Task A_missing_chunk_is_named(string chunk)
    {
        using TemporaryFolder folder = new();
        string path = await SaveAsync(folder, new SaveOptions());
        OcdbtStore database = await OcdbtStore.OpenAsync(new FileKvStore(path));
        await database.DeleteAsync(chunk);
        StorageException? error = await Assert.ThrowsAsync<StorageException>(() => RestoreAsync(path));
        Assert.That(error!.Location, Does.EndWith(chunk));
    }

    [Test]
    public async Task An_array_that_is_not_stored_is_named()
    {
        using TemporaryFolder folder = new();
        string path = await SaveAsync(folder, new SaveOptions());
        OcdbtStore database = await OcdbtStore.OpenAsync(new FileKvStore(path));
        await database.DeleteAsync("b/.zarray");
        StorageException? error = await Assert.ThrowsAsync<StorageException>(() => RestoreAsync(path));
        Assert.That(error!.Message, Does.Contain("'b'"));
    }

    [Test]
    public async Task Of_two_formats_of_an_array_the_second_version_counts()
    {
        using TemporaryFolder folder = new();
        string path = await SaveAsync(folder, new SaveOptions());
        OcdbtStore database = await OcdbtStore.OpenAsync(new FileKvStore(path));
        foreach ((string name, _, _, _) in _leaves)
        {
            await database.WriteAsync($"{name}/zarr.json", "not JSON");
        }

        using RestoredTree restored = await RestoreAsync(path);
        Assert.That(restored["w"].AsMemory(0, 1024).Span.SequenceEqual(Bytes("w", "float32", [16, 16])), Is.True);
    }

    private static async Task<string> SaveAsync(TemporaryFolder folder, SaveOptions options)
    {
        string path = Path.Combine(folder.Path, "small");
        await CheckpointWriter.SaveAsync(path, PyTree.Dict(_leaves.Select(leaf => KeyValuePair.Create(
            leaf.Name,
            PyTree.FromArrayValue(new ArrayValue(DataType.Parse(leaf.Type), leaf.Shape, Bytes(leaf.Name, leaf.Type, leaf.Shape)) { ChunkByteSize = leaf.ChunkBytes })))), options);
        return path;
    }

    private static async Task<RestoredTree> RestoreAsync(string path) =>
        await (await (await OrbaxCheckpoint.OpenAsync(path)).OpenItemAsync()).RestoreAsync();

    private static long Address(RestoredLeaf leaf)
    {
        ref byte first = ref MemoryMarshal.GetReference(leaf.AsMemory(0, (int)leaf.ByteLength).Span);
        return Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref first);
    }

    private static byte[] Bytes(string name, string type, long[] shape)
    {
        byte[] bytes = new byte[shape.Aggregate((long)DataType.Parse(type).Size, (product, extent) => product * extent)];
        new Random(name.Length + name[0]).NextBytes(bytes);
        return bytes;
    }
}
