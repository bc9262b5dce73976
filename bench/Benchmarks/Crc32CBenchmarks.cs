using BenchmarkDotNet.Attributes;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Benchmarks;

/// <summary>The checksum of nodes, manifests and shards.</summary>
public class Crc32CBenchmarks : IMeasuredBytes
{
    private byte[] _bytes = [];

    [Params(100, 10_000, 1 << 20)]
    public int Length { get; set; }

    public long BytesPerOperation => Length;

    [GlobalSetup]
    public void Prepare()
    {
        _bytes = new byte[Length];
        new Random(1).NextBytes(_bytes);
    }

    [Benchmark]
    public uint Compute() => Crc32C.Compute(_bytes);
}
