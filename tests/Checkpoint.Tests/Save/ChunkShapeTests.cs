using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OcdbtSharp.Checkpoint.Save;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Checkpoint.Tests.Save;

public class ChunkShapeTests
{
    [TestCase("10,100,200", "10,100,200", 4, ExpectedResult = "1,1,1", TestName = "one element")]
    [TestCase("10,100,200", "10,100,200", 500, ExpectedResult = "5,5,5", TestName = "longest first")]
    [TestCase("10,100,200", "10,100,200", 2503, ExpectedResult = "5,10,10", TestName = "not a multiple of the element")]
    [TestCase("10,500,200", "10,100,200", 40000, ExpectedResult = "10,5,200", TestName = "sharded axis before longer ones")]
    [TestCase("10,500,200", "10,100,200", 4000, ExpectedResult = "10,1,100", TestName = "other axes when the sharded one is used up")]
    [TestCase("10,0,200", "5,0,200", 400, ExpectedResult = "1,1,100", TestName = "no elements")]
    public string CutsToTheByteSize(string global, string write, long bytes) =>
        string.Join(',', ChunkShape.Choose(Parse(global), Parse(write), 4, bytes));

    [Test]
    public void CutsTheAskedAxesToOne() =>
        Assert.That(ChunkShape.Choose([10, 100, 200], [5, 50, 200], 4, null, 1, 2), Is.EqualTo(new long[] { 5, 1, 1 }));

    [Test]
    public void RefusesWhatCannotBe()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => ChunkShape.Choose([4], [4], 4, 3), Throws.ArgumentException);
            Assert.That(() => ChunkShape.Choose([4], [4], 4, null, 1), Throws.ArgumentException);
            Assert.That(() => ChunkShape.Choose([4, 4], [4], 4, null), Throws.ArgumentException);
        }
    }

    [Test]
    public void ChunksDivideTheShardAndFit() => Prop.ForAll(
        (from write in Gen.Choose(1, 60).ArrayOf(3)
         from parts in Gen.Choose(1, 3).ArrayOf(3)
         from bytes in Gen.Choose(8, 100_000)
         select (Write: write.Select(extent => (long)extent).ToArray(), Parts: parts, Bytes: bytes)).ToArbitrary(),
        sample =>
        {
            long[] global = [.. sample.Write.Zip(sample.Parts, (extent, part) => extent * part)];
            long[] chunk = ChunkShape.Choose(global, sample.Write, 8, sample.Bytes);
            return chunk.Aggregate(8L, (product, extent) => product * extent) <= sample.Bytes
                && sample.Write.Zip(chunk).All(pair => pair.First % pair.Second == 0);
        }).QuickCheckThrowOnFailure();

    // Written with `chunk_byte_size=64`.
    [TestCaseSource(nameof(Subchunked))]
    public void ChoosesWhatOrbaxChose(GoldenCase golden)
    {
        using JsonDocument document = JsonDocument.Parse(golden.ReadFile("data/array_metadatas/process_0"));
        foreach (JsonElement entry in document.RootElement.GetProperty("array_metadatas").EnumerateArray())
        {
            JsonElement metadata = entry.GetProperty("array_metadata");
            string name = metadata.GetProperty("param_name").GetString()!;
            Assert.That(
                ChunkShape.Choose(GlobalShape(golden, name), Numbers(metadata.GetProperty("write_shape")), name == "bf16" ? 2 : 4, 64),
                Is.EqualTo(Numbers(metadata.GetProperty("chunk_shape"))),
                name);
        }
    }

    private static IEnumerable<TestCaseData> Subchunked() =>
        GoldenCase.Family("orbax").Where(data => ((GoldenCase)data.Arguments[0]!).Name.StartsWith("subchunked", StringComparison.Ordinal));

    private static long[] GlobalShape(GoldenCase golden, string name) => Numbers(golden.Expect().GetProperty("leaves").EnumerateArray()
        .Single(leaf => leaf.GetProperty("path")[0].GetProperty("key").GetString() == name).GetProperty("shape"));

    private static long[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetInt64())];

    private static long[] Parse(string shape) => [.. shape.Split(',').Select(long.Parse)];
}
