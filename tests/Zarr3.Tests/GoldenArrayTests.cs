using System.Text.Json;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Zarr3.Tests;

/// <summary>Every array that TensorStore and zarr-python wrote reads back as they say, whole and in parts.</summary>
[TestFixture]
public sealed class GoldenArrayTests
{
    private static IEnumerable<TestCaseData> Cases => GoldenCase.Family("zarr2").Concat(GoldenCase.Family("zarr3"));

    [TestCaseSource(nameof(Cases))]
    public async Task Whole_arrays_are_bit_for_bit_what_was_written(GoldenCase golden)
    {
        foreach (GoldenArray expected in GoldenArray.Of(golden))
        {
            ZarrArray array = await expected.OpenAsync();
            Assert.That(array.DataType.Name, Is.EqualTo(expected.DataType));
            Assert.That(array.Shape, Is.EqualTo(expected.Shape));
            byte[] elements = new byte[array.ByteCount];
            await array.ReadAsync(elements);
            Assert.That(elements.AsSpan().SequenceEqual(expected.Elements), expected.Path);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Regions_are_what_they_are_in_the_whole(GoldenCase golden)
    {
        Random random = new(5);
        foreach (GoldenArray expected in GoldenArray.Of(golden))
        {
            ZarrArray array = await expected.OpenAsync();
            byte[] whole = expected.Elements;
            long[] shape = expected.Shape;
            for (int round = 0; round < 25; round++)
            {
                long[] origin = [.. shape.Select(extent => random.NextInt64(extent + 1))];
                long[] extents = [.. shape.Zip(origin, (extent, first) => random.NextInt64(extent - first + 1))];
                ArrayView source = ArrayView.RowMajor(whole, shape, array.DataType.Size).Slice(origin, extents);
                byte[] wanted = new byte[source.ByteCount];
                source.CopyTo(wanted.AsSpan());
                byte[] read = new byte[wanted.Length];
                await array.ReadAsync(read, new ArrayRegion(origin, extents));
                Assert.That(read.AsSpan().SequenceEqual(wanted), $"{expected.Path} {Extents.Format(origin)} {Extents.Format(extents)}");
            }
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Fields_of_structures_are_bit_for_bit_what_was_written(GoldenCase golden)
    {
        if (!golden.Expect().TryGetProperty("fields", out JsonElement fields))
        {
            return;
        }

        ZarrArray array = await ZarrArray.OpenAsync(await GoldenArray.StoreAsync(golden));
        byte[] records = new byte[array.ByteCount];
        await array.ReadAsync(records);
        foreach (JsonProperty member in fields.EnumerateObject())
        {
            StructField field = array.DataType.Fields.Single(candidate => candidate.Name == member.Name);
            Assert.That(field.Type.Name, Is.EqualTo(member.Value.GetProperty("dtype").GetString()));
            byte[] values = [.. records.Chunk(array.DataType.Size).SelectMany(record => record.Skip(field.Offset).Take(field.Size))];
            Assert.That(values, Is.EqualTo(golden.ReadFile(member.Value.GetProperty("file").GetString()!)), member.Name);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public async Task Attributes_are_what_was_written(GoldenCase golden)
    {
        if (!golden.Expect().TryGetProperty("attributes", out JsonElement attributes) || golden.Expect().TryGetProperty("arrays", out _))
        {
            return;
        }

        ZarrArray array = await GoldenArray.Of(golden).Single().OpenAsync();
        Assert.That(JsonElement.DeepEquals(await array.ReadAttributesAsync(), attributes));
    }
}
