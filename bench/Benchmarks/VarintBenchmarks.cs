using BenchmarkDotNet.Attributes;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Benchmarks;

/// <summary>A column of 100,000 varints, as nodes hold them.</summary>
public class VarintBenchmarks : IMeasuredBytes, IDisposable
{
    private const int Count = 100_000;

    private readonly ulong[] _numbers = new ulong[Count];
    private readonly ByteWriter _encoded = new();

    /// <summary>Bits of the largest number.</summary>
    [Params(7, 21, 63)]
    public int Bits { get; set; }

    public long BytesPerOperation => _encoded.Length;

    [GlobalSetup]
    public void Prepare()
    {
        Random random = new(1);
        for (int i = 0; i < Count; i++)
        {
            _numbers[i] = (ulong)random.NextInt64(1L << Math.Min(Bits, 62));
        }

        Write();
        if (Read() != _numbers.Aggregate(0UL, (sum, number) => unchecked(sum + number)))
        {
            throw new InvalidOperationException("The numbers did not come back.");
        }
    }

    [Benchmark]
    public void Write()
    {
        _encoded.Clear();
        foreach (ulong number in _numbers)
        {
            _encoded.WriteVarint(number);
        }
    }

    [Benchmark]
    public ulong Read()
    {
        ByteReader reader = new(_encoded.Written);
        ulong sum = 0;
        for (int i = 0; i < Count; i++)
        {
            sum = unchecked(sum + reader.ReadVarint64("number"));
        }

        return sum;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _encoded.Dispose();
        GC.SuppressFinalize(this);
    }
}
