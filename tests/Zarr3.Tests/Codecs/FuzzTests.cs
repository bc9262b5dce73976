using OcdbtSharp.Fuzz;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Tests.Codecs;

/// <summary>The targets of tests/Fuzz on a bounded number of mutations, which OCDBTSHARP_ROUNDS raises; the same in every run.</summary>
public sealed class FuzzTests
{
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("OCDBTSHARP_ROUNDS"), out int rounds) ? rounds : 1500;

    // More than any target needs for the 1 MiB that it may decode to.
    private const long MaxAllocated = 16 << 20;

    private static IEnumerable<string> Targets => FuzzTarget.All.Select(target => target.Name);

    [TestCase("{\"zarr_format\": 3, \"node_type\": \"\\ud800\"}")]
    [TestCase("{\"zarr_format\": 3, \"node_type\": \"array\", \"attributes\": {\"\\udc00\\ud800\": 1}}")]
    public void Texts_that_are_not_Unicode_are_bad_data(string json) =>
        Assert.Throws<CorruptDataException>(() => ArrayMetadata.Parse(System.Text.Encoding.UTF8.GetBytes(json), ZarrFormat.V3, "zarr.json"));

    [TestCaseSource(nameof(Targets))]
    public void Seeds_are_read(string name)
    {
        FuzzTarget target = FuzzTarget.All.Single(candidate => candidate.Name == name);
        foreach (byte[] seed in target.Seeds)
        {
            Assert.DoesNotThrow(() => target.Read(seed));
        }
    }

    [TestCaseSource(nameof(Targets))]
    public void Mutations_are_read_or_are_bad_data(string name)
    {
        FuzzTarget target = FuzzTarget.All.Single(candidate => candidate.Name == name);
        Random random = new(name.Length);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Mutator.Mutate(target.Seeds[round % target.Seeds.Count], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.DoesNotThrow(() => target.Try(bytes), $"round {round}: {Convert.ToHexString(bytes)}");
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MaxAllocated), $"round {round}: {Convert.ToHexString(bytes)}");
        }
    }
}
