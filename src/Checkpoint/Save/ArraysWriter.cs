using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>Writes what a process has of several arrays: their metadata, and their chunks in one list of work.</summary>
internal sealed class ArraysWriter
{
    private readonly IReadOnlyList<SavedArray> _arrays;
    private readonly SaveOptions _options;
    private readonly ProcessGroup _processes;

    public ArraysWriter(IEnumerable<SavedArray> arrays, SaveOptions options, ProcessGroup processes)
    {
        // The largest chunks come first, so that none of them is left alone at the end.
        _arrays = [.. arrays.OrderByDescending(array => array.ChunkBytes)];
        _options = options;
        _processes = processes;
        TotalBytes = _arrays.Aggregate(0L, (total, array) => checked(total + array.StoredBytes));
    }

    /// <summary>Bytes of all arrays as they are stored, before compression.</summary>
    public long TotalBytes { get; }

    /// <summary>Whether this process writes anything.</summary>
    public bool HasWork => _arrays.Count > 0 && (_processes.IsPrimary || Regions().Any());

    public async Task WriteAsync(IKvStore store, CancellationToken cancellationToken)
    {
        ArrayFactory factory = new(store, _options);
        for (int index = 0; index < _arrays.Count && _processes.IsPrimary; index++)
        {
            await factory.CreateAsync(_arrays[index], cancellationToken).ConfigureAwait(false);
        }

        long written = 0;
        TransferRunner runner = new(_options.MaxMemory, _options.MaxParallelism)
        {
            Moved = bytes => _options.Progress?.Report(new SaveProgress(Interlocked.Add(ref written, bytes), TotalBytes)),
        };
        await runner.RunAsync(Chunks(factory), cancellationToken).ConfigureAwait(false);
    }

    private IEnumerable<IChunkTask> Chunks(ArrayFactory factory)
    {
        SavedArray? current = null;
        ZarrArray? stored = null;
        foreach ((SavedArray array, ArrayPart? part, long[] origin, long[] shape) in Regions())
        {
            if (array != current)
            {
                current = array;
                stored = factory.Open(array);
            }

            int workers = PlanOptions.Workers(_options.MaxParallelism, array.ChunkBytes, TotalBytes);
            foreach (IChunkTask chunk in array.Chunks(stored!, part, origin, shape, workers, _options))
            {
                yield return chunk;
            }
        }
    }

    private IEnumerable<(SavedArray Array, ArrayPart? Part, long[] Origin, long[] Shape)> Regions()
    {
        long before = 0;
        foreach (SavedArray array in _arrays)
        {
            foreach ((ArrayPart? part, long[] origin, long[] shape) in array.Regions(_processes, _options, (before, TotalBytes)))
            {
                yield return (array, part, origin, shape);
            }

            before += array.StoredBytes;
        }
    }
}
