using OcdbtSharp.Checkpoint.Save;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Conversion;

/// <summary>Adds up what the tasks of a conversion hold, without running any.</summary>
internal sealed class ConversionPlanning(ConversionOptions options)
{
    private readonly PriorityQueue<long, long> _largest = new();
    private int _arrays;
    private long _bytes;
    private long _spilled;

    /// <summary>Adds the arrays of an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="destination">Where it is converted to.</param>
    /// <param name="format">What it becomes.</param>
    public void Add(CheckpointItem item, string destination, ConversionFormat format)
    {
        bool isZarr = format is ConversionFormat.Orbax or ConversionFormat.ZarrGroup;
        ArrayFactory factory = new(new FileKvStore(Path.GetFullPath(destination)), options.Save);
        foreach (CheckpointLeaf leaf in item.Leaves)
        {
            if (leaf is not { DataType: not null, Source: { } source })
            {
                continue;
            }

            _arrays++;
            _bytes += leaf.LogicalBytes;
            long[] shape = [.. leaf.Shape];
            IEnumerable<TransferTask> tasks;
            if (isZarr)
            {
                SavedLeaf saved = new([.. leaf.Path], leaf.Name, leaf.Kind, leaf.TypeName, ArrayValue.FromLeaf(leaf), null);
                SavedArray array = new(saved, ArrayLayout.Of(saved, options.Save));
                tasks = array.Chunks(factory.Open(array), null, new long[shape.Length], shape, 1, options.Save).OfType<TransferTask>();
            }
            else
            {
                OrderedSink sink = new(static (_, _) => ValueTask.CompletedTask);
                tasks = new TransferPlan(source, sink, leaf.Shape, source.ElementSize) { MaxMemory = options.Save.MaxMemory }.Tasks(new long[shape.Length], shape);
            }

            foreach (TransferTask task in tasks)
            {
                Add(task);
            }
        }
    }

    /// <summary>What it comes to.</summary>
    public ConversionPlan Finish()
    {
        long sum = 0;
        long most = 0;
        while (_largest.TryDequeue(out long bytes, out _))
        {
            sum += Math.Min(bytes, long.MaxValue - sum);
            most = Math.Max(most, bytes);
        }

        return new ConversionPlan(_arrays, _bytes, _spilled > 0 ? 2 : 1, _spilled, Math.Max(most, Math.Min(options.Save.MaxMemory, sum)));
    }

    // As many as run at the same time may be the largest ones.
    private void Add(TransferTask task)
    {
        _spilled += task.SpillBytes;
        _largest.Enqueue(task.MemoryBytes, task.MemoryBytes);
        if (_largest.Count > options.Save.MaxParallelism)
        {
            _largest.Dequeue();
        }
    }
}
