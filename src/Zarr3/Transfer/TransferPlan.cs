namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>
/// Cuts a transfer into tasks that share no chunk on either side, and each of them into slabs that its share of the memory holds. So every chunk is
/// decoded once, and written once, in whatever order the tasks run.
/// </summary>
internal sealed class TransferPlan
{
    // A task of fewer bytes is not worth a turn.
    private const long MinTask = 4 << 20;

    // Longer slabs are no faster, unless chunks need them.
    private const long UsualSlab = 32 << 20;

    // A task takes no more than this part of the memory where it can do with it, so that several run at the same time.
    private const int TasksAtOnce = 4;

    private readonly ElementSource _source;
    private readonly ElementSink _sink;
    private readonly long[] _arrayShape;
    private readonly int _elementSize;
    private readonly long[] _read;
    private readonly long[] _written;

    /// <param name="source">Where the elements come from.</param>
    /// <param name="sink">Where they go.</param>
    /// <param name="arrayShape">Extents of the array.</param>
    /// <param name="elementSize">Bytes of an element.</param>
    public TransferPlan(ElementSource source, ElementSink sink, IReadOnlyList<long> arrayShape, int elementSize)
    {
        _source = source;
        _sink = sink;
        _arrayShape = [.. arrayShape.Select(static extent => Math.Max(1, extent))];
        _elementSize = elementSize;
        _read = Clip(source.ChunkShape);
        _written = Clip(sink.ChunkShape);
    }

    /// <summary>Most bytes of memory.</summary>
    public required long MaxMemory { get; init; }

    /// <summary>Most chunks of one task that are read, and as many that are written, at the same time.</summary>
    public int DegreeOfParallelism { get; init; } = 1;

    /// <summary>Where elements go that have to be held and are too many for the memory; null where they are held nevertheless.</summary>
    public string? SpillFolder { get; init; } = Path.GetTempPath();

    private Spill Spill => new(MaxMemory / TasksAtOnce, SpillFolder);

    /// <summary>The tasks that move a region.</summary>
    public IEnumerable<TransferTask> Tasks(long[] origin, long[] shape)
    {
        if (shape.Contains(0))
        {
            // A consumer in order is told of an empty region, too.
            return _sink.IsOrdered ? [new TransferTask(_source, _sink, (origin, shape), new SlabPlan(_arrayShape, _arrayShape), _elementSize)] : [];
        }

        // Where a chunk is too large for the memory, it is written while its elements come.
        if (_sink.NeedsWholeChunks && 2 * (Int128)Bytes(_written) > MaxMemory / TasksAtOnce && Slabs(Min(TaskShape(shape), shape)).MemoryBytes > MaxMemory
            && _sink.Streaming is { } streaming)
        {
            TransferPlan plan = new(_source, streaming, _arrayShape, _elementSize) { MaxMemory = MaxMemory, DegreeOfParallelism = DegreeOfParallelism, SpillFolder = SpillFolder };
            return plan.Tasks(origin, shape);
        }

        return new ChunkGrid(_arrayShape, _sink.IsOrdered ? _arrayShape : TaskShape(shape)).Parts(origin, shape).Select(part =>
        {
            long[] first = [.. part.Position.Zip(origin, static (position, start) => position + start)];
            return new TransferTask(_source, _sink, (first, part.Shape), Slabs(part.Shape), _elementSize);
        });
    }

    /// <summary>The shape of a task: chunks of both sides begin and end with it.</summary>
    private long[] TaskShape(long[] region)
    {
        long[] shape = [.. _arrayShape];
        bool isOuter = true;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (isOuter || !_sink.PrefersRows)
            {
                shape[axis] = Math.Min(_arrayShape[axis], LeastCommonMultiple(_read[axis], _written[axis]));
            }

            isOuter &= region[axis] == 1;
        }

        // Small ones are put together, from the innermost axis on.
        for (int axis = shape.Length - 1; axis >= 0 && Bytes(shape) < MinTask; axis--)
        {
            long times = Math.Max(1, MinTask / Math.Max(1, Bytes(shape)));
            shape[axis] = shape[axis] > _arrayShape[axis] / times ? _arrayShape[axis] : shape[axis] * times;
        }

        return shape;
    }

    /// <summary>The slabs of a task: one where it is small enough, else cut along the first axis that makes them so.</summary>
    private SlabPlan Slabs(long[] task)
    {
        long share = MaxMemory / TasksAtOnce;
        if (Bytes(task) <= UsualSlab && Plan(task, task, 1) is { } whole && whole.MemoryBytes <= share)
        {
            return whole;
        }

        SlabPlan? least = null;
        foreach (long most in new[] { share, MaxMemory })
        {
            for (int axis = 0; axis < task.Length && !IsCutByAxesBefore(axis, task); axis++)
            {
                if (task[axis] > 1 && TrySlabs(task, axis, most, ref least) is { } plan)
                {
                    return plan;
                }
            }
        }

        return least ?? Plan(task, task, 1);
    }

    private SlabPlan? TrySlabs(long[] task, int axis, long most, ref SlabPlan? least)
    {
        long[] slab = [.. _arrayShape];
        slab.AsSpan(0, axis).Fill(1);
        long unit = _sink.NeedsWholeChunks ? _written[axis] : 1;
        slab[axis] = unit;
        long bytes = Bytes(Min(slab, task));
        long[] sizes =
        [
            // Whole chunks of both sides where they fit, else as many as a slab usually has, else the least.
            LeastCommonMultiple(unit, _read[axis]) is var both && both < task[axis] ? both * Math.Max(1, UsualSlab / Math.Max(1, both / unit * bytes)) : 0,
            unit * Math.Max(1, UsualSlab / Math.Max(1, bytes)),
            unit * Math.Max(1, UsualSlab / 8 / Math.Max(1, bytes)),
            unit * (_sink.NeedsWholeChunks ? 1 : Math.Max(1, Math.Min(UsualSlab, MaxMemory) / 32 / Math.Max(1, bytes))),
        ];
        foreach (long size in sizes.Where(static size => size > 0))
        {
            slab[axis] = Math.Min(size, _arrayShape[axis]);
            for (int buffers = slab[axis] < task[axis] ? 2 : 1; buffers > 0; buffers--)
            {
                SlabPlan plan = Plan(task, [.. slab], buffers);
                least = least is null || plan.MemoryBytes < least.MemoryBytes ? plan : least;
                if (plan.MemoryBytes <= most)
                {
                    return plan;
                }
            }
        }

        return null;
    }

    /// <summary>Whether slabs that are cut along an axis would not hold whole chunks of the sink, which are longer along an axis before it.</summary>
    private bool IsCutByAxesBefore(int axis, long[] task)
    {
        for (int before = 0; before < axis; before++)
        {
            if (_sink.NeedsWholeChunks && task[before] > 1 && _written[before] > 1)
            {
                return true;
            }
        }

        return false;
    }

    private SlabPlan Plan(long[] task, long[] slab, int buffers)
    {
        long[] clipped = Min(slab, task);
        int workers = DegreeOfParallelism;
        long memory;
        while (true)
        {
            memory = Sum(buffers * (Int128)Bytes(clipped), _source.ReaderBytes(task, clipped, Spill), _sink.WriterBytes(task, clipped, workers, Spill));
            if (workers == 1 || memory <= MaxMemory / TasksAtOnce)
            {
                break;
            }

            workers--;
        }

        // Slabs of a task that is cut in no place may begin anywhere.
        long[] grid = [.. slab.Zip(task, _arrayShape).Select(static axis => axis.First >= axis.Second ? axis.Third : axis.First)];
        return new SlabPlan(_arrayShape, grid)
        {
            Buffers = buffers,
            DegreeOfParallelism = workers,
            MemoryBytes = memory,
            Spill = Spill,
            SpillBytes = _source.SpillBytes(task, clipped, Spill) + _sink.SpillBytes(task, clipped, Spill),
        };
    }

    private long Bytes(long[] shape) => Extents.TryByteCount(shape, _elementSize) ?? long.MaxValue;

    private long[] Clip(IReadOnlyList<long>? chunk) =>
        [.. _arrayShape.Select((extent, axis) => chunk is null ? 1 : Math.Clamp(chunk[axis], 1, extent))];

    private static long[] Min(long[] first, long[] second) => [.. first.Zip(second, Math.Min)];

    private static long Sum(params ReadOnlySpan<Int128> parts)
    {
        Int128 sum = 0;
        foreach (Int128 part in parts)
        {
            sum += part;
        }

        return (long)Int128.Min(sum, long.MaxValue);
    }

    private static long LeastCommonMultiple(long first, long second)
    {
        (long a, long b) = (first, second);
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        Int128 multiple = (Int128)first / a * second;
        return (long)Int128.Min(multiple, long.MaxValue);
    }
}
