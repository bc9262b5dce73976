using BenchmarkDotNet.Running;

namespace OcdbtSharp.Benchmarks;

/// <summary>How many bytes a benchmark works through with its parameters, found by preparing it once more.</summary>
/// <param name="Bytes">Bytes of one operation.</param>
/// <param name="Encoded">Bytes that come of it, where that is told; otherwise 0.</param>
internal readonly record struct CaseSizes(long Bytes, long Encoded)
{
    private static readonly Dictionary<string, CaseSizes> Known = [];

    public static CaseSizes Of(BenchmarkCase benchmarkCase)
    {
        Type type = benchmarkCase.Descriptor.Type;
        string key = type.Name + benchmarkCase.Parameters.DisplayInfo;
        if (!Known.TryGetValue(key, out CaseSizes sizes))
        {
            IMeasuredBytes benchmark = (IMeasuredBytes)Activator.CreateInstance(type)!;
            using IDisposable? resources = benchmark as IDisposable;
            foreach (var parameter in benchmarkCase.Parameters.Items)
            {
                type.GetProperty(parameter.Name)!.SetValue(benchmark, parameter.Value);
            }

            benchmark.Prepare();
            sizes = new CaseSizes(benchmark.BytesPerOperation, (benchmark as CodecBenchmarks)?.EncodedLength ?? 0);
            Known.Add(key, sizes);
        }

        return sizes;
    }
}
