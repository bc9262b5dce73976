using System.Buffers;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using OcdbtSharp.Ocdbt;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Benchmarks;

/// <summary>A leaf of 10,000 keys as checkpoints have them: half of the values lie within it, half in a data file.</summary>
public class BtreeNodeBenchmarks : IMeasuredBytes
{
    private const int Count = 10_000;

    private readonly byte[][] _keys = new byte[Count][];
    private readonly byte[][] _sought = new byte[Count][];
    private readonly LeafValue[] _values = new LeafValue[Count];
    private Config? _config;
    private byte[] _encoded = [];
    private BtreeNode? _node;

    [Params("none", "zstd")]
    public string Compression { get; set; } = "";

    public long BytesPerOperation => _encoded.Length;

    [GlobalSetup]
    public void Prepare()
    {
        Random random = new(1);
        DataFileId file = DataFileId.Create("d/");
        for (int i = 0; i < Count; i++)
        {
            _keys[i] = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"params.layer_{i / 2:0000}.kernel/{(i % 2 == 0 ? ".zarray" : "0.0")}"));
            byte[] inline = new byte[80];
            random.NextBytes(inline);
            _values[i] = i % 2 == 0 ? new LeafValue(inline) : new LeafValue(new IndirectDataReference(file, i * 1_000_000L, 1_000_000));
        }

        Array.Sort(_keys, _values, Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right)));
        _keys.CopyTo(_sought, 0);
        random.Shuffle(_sought);
        _config = new Config { Uuid = Guid.NewGuid(), Compression = Compression == "none" ? OcdbtCompression.None : OcdbtCompression.Zstd() };
        using EncodedNode encoded = EncodeNode();
        _encoded = encoded.Bytes.ToArray();
        Decode();
        if (Search() != (long)Count * (Count - 1) / 2)
        {
            throw new InvalidOperationException("A key was not found.");
        }
    }

    [Benchmark]
    public void Encode() => EncodeNode().Dispose();

    [Benchmark]
    public void Decode() => _node = BtreeNode.Decode(_encoded, []);

    /// <summary>Every key once, in random order.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public long Search()
    {
        long sum = 0;
        foreach (byte[] key in _sought)
        {
            sum += _node!.FindKey(key);
        }

        return sum;
    }

    private EncodedNode EncodeNode()
    {
        BtreeNodeEncoder encoder = new(_config!, height: 0);
        encoder.Reserve(Count);
        for (int i = 0; i < Count; i++)
        {
            encoder.Add(_keys[i], _values[i]);
        }

        return encoder.Encode(0, Count, isRoot: true);
    }
}
