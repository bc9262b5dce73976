using BenchmarkDotNet.Attributes;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Benchmarks;

/// <summary>Copies of boxes whose axes lie in another order on the other side, 16 MiB on one thread.</summary>
public class StridedCopyBenchmarks : IMeasuredBytes
{
    private const int ByteCount = 16 << 20;

    // Extents in elements of four bytes; others have more or fewer along the last axis.
    private static readonly Dictionary<string, (long[] Shape, int[] Order)> Boxes = new()
    {
        ["[2048, 2048] transposed"] = ([2048, 2048], [1, 0]),
        ["[2000, 2000] transposed"] = ([2000, 2000], [1, 0]),
        ["[64, 256, 256] reversed"] = ([64, 256, 256], [2, 1, 0]),
        ["[64, 256, 256] to [64, 2, 1]"] = ([64, 256, 256], [0, 2, 1]),
        ["[16, 16, 64, 256] heads first"] = ([16, 16, 64, 256], [0, 2, 1, 3]),
        ["[1024, 1024, 4] channels first"] = ([1024, 1024, 4], [2, 0, 1]),
    };

    private readonly byte[] _source = new byte[ByteCount];
    private readonly byte[] _target = new byte[ByteCount];
    private long[] _strides = [];
    private ArrayView _destination;

    public static IEnumerable<string> Copies => Boxes.Keys;

    [ParamsSource(nameof(Copies))]
    public string Copy { get; set; } = "";

    [Params(2, 4)]
    public int ElementSize { get; set; }

    public long BytesPerOperation => _destination.ByteCount;

    [GlobalSetup]
    public void Prepare()
    {
        new Random(1).NextBytes(_source);
        (long[] shape, int[] order) = Boxes[Copy];
        shape = [.. shape];
        shape[^1] = shape[^1] * 4 / ElementSize;
        _strides = Extents.Permute(Extents.RowMajorStrides(shape, ElementSize), order);
        long[] permuted = Extents.Permute(shape, order);
        _destination = ArrayView.RowMajor(_target.AsMemory(0, (int)Extents.Product(permuted) * ElementSize), permuted, ElementSize);
    }

    [Benchmark]
    public void Run() => StridedCopy.Copy(_source, 0, _strides, _destination);
}
