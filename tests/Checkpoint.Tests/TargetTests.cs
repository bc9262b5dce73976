using System.Buffers.Binary;
using OcdbtSharp.Checkpoint.Saver;
using OcdbtSharp.Testing;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>Restoring into a target: shapes, types and regions that are wanted, whatever was saved.</summary>
public sealed class TargetTests : IDisposable
{
    private TemporaryFolder _folder = null!;
    private CheckpointItem _item = null!;

    [OneTimeSetUp]
    public async Task Save()
    {
        _folder = new TemporaryFolder();
        await CheckpointWriter.SaveAsync(_folder.Combine("x"), SavedTree.Sharded(2), new SaveOptions { ChunkByteSize = 64 });
        _item = await (await OrbaxCheckpoint.OpenAsync(_folder.Combine("x"))).OpenItemAsync();
    }

    [OneTimeTearDown]
    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task Each_device_of_another_mesh_restores_its_region()
    {
        ArraySharding other = ArraySharding.Named([3, 4], ["a", "b"], [["a"], ["b"]]);
        for (int device = 0; device < 12; device++)
        {
            ArrayRegion region = other.ShardRegion([48, 32], device);
            using RestoredTree restored = await _item.RestoreAsync(Only("rows", new LeafTarget { Region = region }));
            RestoredLeaf leaf = restored["rows"];
            Assert.That(leaf.Shape, Is.EqualTo(new long[] { 16, 8 }));
            Assert.That(leaf.AsSpan<float>()[9], Is.EqualTo(((16 * (device / 4)) + 1) * 32f + (8 * (device % 4)) + 1));
            Assert.That(restored.BytesRead, Is.Positive.And.LessThan(48 * 32 * 4));
        }
    }

    [Test]
    public async Task Elements_are_converted()
    {
        foreach (string name in new[] { "bfloat16", "float64", "int16", "bool", "complex64" })
        {
            DataType type = DataType.Parse(name);
            using RestoredTree restored = await _item.RestoreAsync(Only("rows", new LeafTarget { DataType = type, Region = new ArrayRegion([1, 2], [2, 3]) }));
            RestoredLeaf leaf = restored["rows"];
            Assert.That(leaf.DataType, Is.EqualTo(type));
            byte[] element = leaf.AsMemory(type.Size * 4, type.Size).ToArray();
            float expected = (2 * 32) + 3;
            float found = name switch
            {
                "bfloat16" => BFloat16.FromBits(BinaryPrimitives.ReadUInt16LittleEndian(element)),
                "float64" => (float)BinaryPrimitives.ReadDoubleLittleEndian(element),
                "int16" => BinaryPrimitives.ReadInt16LittleEndian(element),
                "bool" => element[0] == 1 ? expected : -1,
                _ => BinaryPrimitives.ReadSingleLittleEndian(element),
            };
            Assert.That(found, Is.EqualTo(expected), name);
        }
    }

    [Test]
    public async Task Arrays_are_cut_off_and_filled_up_where_that_is_allowed()
    {
        LeafTarget target = new() { Shape = [50, 30] };
        Assert.That(() => _item.RestoreAsync(Only("rows", target)), Throws.ArgumentException.With.Message.Contains("[48, 32], and [50, 30] is wanted"));
        using RestoredTree restored = await _item.RestoreAsync(new RestoreTarget([KeyValuePair.Create("rows", target)]) { AllowExtra = true, AllowResize = true });
        float[] expected = [.. Enumerable.Range(0, 50 * 30).Select(index => index / 30 < 48 ? ((index / 30) * 32) + (index % 30) : 0f)];
        Assert.That(restored["rows"].AsSpan<float>().ToArray(), Is.EqualTo(expected));
    }

    [Test]
    public void Everything_that_does_not_fit_is_told_at_once()
    {
        RestoreTarget target = new([
            KeyValuePair.Create("rows", new LeafTarget { Shape = [1] }),
            KeyValuePair.Create("none such", new LeafTarget()),
            KeyValuePair.Create("other", new LeafTarget()),
        ]);
        Assert.That(
            () => _item.RestoreAsync(target),
            Throws.ArgumentException.With.Message.Contains("'none such' is wanted").And.Message.Contains("'other' is wanted")
                .And.Message.Contains("'columns' was saved").And.Message.Contains("'step' was saved").And.Message.Contains("'rows' was saved with the shape [48, 32]"));
    }

    private static RestoreTarget Only(string name, LeafTarget target) => new([KeyValuePair.Create(name, target)]) { AllowExtra = true };
}
