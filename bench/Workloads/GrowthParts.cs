using System.Security.Cryptography;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Workloads;

/// <summary>
/// What each part of a longer operation costs alone, in processor time: decoding each stored chunk once, encoding it once, writing it once, reading it once
/// where it is not encoded, digesting it once. Memory is there and touched before the clock starts.
/// </summary>
internal sealed class GrowthParts
{
    private const int Window = 8 << 20;

    // What is measured is compiled by a leaf that is not counted, of at least so many bytes.
    private const long WarmUpBytes = 4 << 20;

    private readonly string _scratch;
    private double _decode;
    private double _encode;
    private double _writeEncoded;
    private double _writeRaw;
    private double _readRaw;
    private double _digest;
    private double _rowDecode;
    private long _bytes;
    private long _encodedBytes;

    private GrowthParts(string scratch) => _scratch = scratch;

    /// <summary>Measures the parts over a checkpoint, or over one leaf of it, and prints a JSON line.</summary>
    /// <param name="path">The checkpoint that is decoded.</param>
    /// <param name="like">The checkpoint of the same arrays by whose chunks they are encoded.</param>
    /// <param name="scratch">A file for what is written; deleted.</param>
    /// <param name="name">A leaf; null for all.</param>
    public static async Task RunAsync(string path, string like, string scratch, string? name)
    {
        CheckpointItem item = await (await OrbaxCheckpoint.OpenAsync(path)).OpenItemAsync();
        CheckpointItem other = await (await OrbaxCheckpoint.OpenAsync(like)).OpenItemAsync();
        CheckpointLeaf[] leaves = [.. item.Leaves.Where(leaf => leaf.Array is not null && (name is null || leaf.Name == name)).OrderBy(leaf => leaf.LogicalBytes)];
        if (leaves.Length == 0)
        {
            throw new ArgumentException($"{path} has no array {name}.", nameof(name));
        }

        CheckpointLeaf small = item.Leaves.Where(leaf => leaf.LogicalBytes >= Math.Min(WarmUpBytes, leaves[^1].LogicalBytes)).MinBy(leaf => leaf.LogicalBytes)!;
        using (NativeBuffer buffer = new(small.LogicalBytes))
        {
            await new GrowthParts(scratch).AddAsync(small, other.Find(small.Name)!, buffer);
        }

        GrowthParts parts = new(scratch);
        foreach (IGrouping<long, CheckpointLeaf> group in leaves.GroupBy(leaf => leaf.LogicalBytes))
        {
            using NativeBuffer buffer = new(group.Key);
            Touch(buffer);
            foreach (CheckpointLeaf leaf in group)
            {
                await parts.AddAsync(leaf, other.Find(leaf.Name)!, buffer);
            }
        }

        parts.Print();
    }

    private async Task AddAsync(CheckpointLeaf leaf, CheckpointLeaf like, NativeBuffer elements)
    {
        double decode = await MeasureAsync(() => leaf.Array!.ReadAsync(elements));
        _decode += decode;
        _rowDecode += decode * ShareOfARow(leaf);
        _bytes += leaf.LogicalBytes;

        DiscardingStore store = new();
        ZarrArray array = await ZarrArray.CreateAsync(store, new ArrayCreateOptions
        {
            DataType = leaf.DataType,
            Shape = leaf.Shape,
            ChunkShape = like.ChunkShape ?? leaf.Shape,
            Codecs = [ZarrCodec.Zstd(1)],
        });
        _encode += await MeasureAsync(() => array.WriteAsync(elements));
        long encoded = Math.Min(store.Bytes, elements.Length);
        _encodedBytes += encoded;

        _writeEncoded += Measure(() => Write(elements, encoded));
        _writeRaw += Measure(() => Write(elements, elements.Length));
        _readRaw += Measure(() => Read(elements));
        File.Delete(_scratch);
        _digest += Measure(() => Digest(elements));
    }

    /// <summary>How much of an array lies in the chunks that one row touches.</summary>
    private static double ShareOfARow(CheckpointLeaf leaf) =>
        leaf.Shape.Count == 0 || leaf.ChunkShape is not { } chunk ? 1 : Math.Min(1, (double)chunk[0] / Math.Max(1, leaf.Shape[0]));

    private static void Touch(NativeBuffer buffer)
    {
        for (long offset = 0; offset < buffer.Length; offset += Window)
        {
            buffer.AsSpan<byte>(offset, (int)Math.Min(Window, buffer.Length - offset)).Fill(1);
        }
    }

    private void Write(NativeBuffer elements, long length)
    {
        using var file = File.OpenHandle(_scratch, FileMode.Create, FileAccess.Write);
        for (long offset = 0; offset < length; offset += Window)
        {
            RandomAccess.Write(file, elements.AsSpan<byte>(offset, (int)Math.Min(Window, length - offset)), offset);
        }

        RandomAccess.FlushToDisk(file);
    }

    private void Read(NativeBuffer elements)
    {
        using var file = File.OpenHandle(_scratch);
        for (long offset = 0; offset < elements.Length;)
        {
            int read = RandomAccess.Read(file, elements.AsSpan<byte>(offset, (int)Math.Min(Window, elements.Length - offset)), offset);
            offset += read > 0 ? read : throw new EndOfStreamException(_scratch);
        }
    }

    private static void Digest(NativeBuffer elements)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long offset = 0; offset < elements.Length; offset += Window)
        {
            hash.AppendData(elements.AsSpan<byte>(offset, (int)Math.Min(Window, elements.Length - offset)));
        }

        hash.GetCurrentHash();
    }

    private static double Measure(Action part)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        part();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static async Task<double> MeasureAsync(Func<ValueTask> part)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        await part();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private void Print() => Measurement.PrintLine(json =>
    {
        json.WriteNumber("bytes", _bytes);
        json.WriteNumber("encoded_bytes", _encodedBytes);
        json.WriteNumber("decode_cpu_s", Math.Round(_decode, 3));
        json.WriteNumber("decode_row_cpu_s", Math.Round(_rowDecode, 3));
        json.WriteNumber("encode_cpu_s", Math.Round(_encode, 3));
        json.WriteNumber("write_encoded_cpu_s", Math.Round(_writeEncoded, 3));
        json.WriteNumber("write_raw_cpu_s", Math.Round(_writeRaw, 3));
        json.WriteNumber("read_raw_cpu_s", Math.Round(_readRaw, 3));
        json.WriteNumber("digest_cpu_s", Math.Round(_digest, 3));
    });
}
