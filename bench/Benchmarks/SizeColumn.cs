using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace OcdbtSharp.Benchmarks;

/// <summary>Encoded bytes for each byte of elements.</summary>
internal sealed class SizeColumn : IColumn
{
    public string Id => nameof(SizeColumn);

    public string ColumnName => "size";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Statistics;

    public int PriorityInCategory => 1;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "encoded bytes for each byte of elements";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        CaseSizes sizes = CaseSizes.Of(benchmarkCase);
        return (sizes.Encoded / (double)sizes.Bytes).ToString("0.000", CultureInfo.InvariantCulture);
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.All(benchmark => benchmark.Descriptor.Type == typeof(CodecBenchmarks));
}
