using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Transfer;
using OcdbtSharp.Zarr3.Writing;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>An array of a tree that is saved, with its layout, and the work that one process has with it.</summary>
internal sealed class SavedArray(SavedLeaf leaf, ArrayLayout layout)
{
    public SavedLeaf Leaf => leaf;

    public ArrayLayout Layout => layout;

    /// <summary>Bytes of the whole array as it is stored, before compression.</summary>
    public long StoredBytes { get; } = Extents.Product(layout.Shape) * layout.StoredType.Size;

    /// <summary>Bytes of a chunk as it is stored, before compression.</summary>
    public long ChunkBytes { get; } = Extents.Product(layout.ChunkShape) * layout.StoredType.Size;

    private bool IsStaged => leaf.Array!.Source is not null || !layout.StoredType.Equals(leaf.Array.DataType);

    /// <summary>The regions that a process writes.</summary>
    /// <param name="processes">The process.</param>
    /// <param name="options">How the tree is saved.</param>
    /// <param name="bytesBefore">Bytes of the arrays before this one, and of all: decides who writes what where arrays are shared out.</param>
    public IEnumerable<(ArrayPart? Part, long[] Origin, long[] Shape)> Regions(ProcessGroup processes, SaveOptions options, (long Before, long All) bytesBefore)
    {
        ArrayValue value = leaf.Array!;
        if (!value.IsWhole)
        {
            return value.Parts.Select(part => ((ArrayPart?)part, (long[])[.. part.Origin], (long[])[.. part.Shape]));
        }

        ArrayPart? whole = value.Parts.Count > 0 ? value.Parts[0] : null;
        if (processes.Count > 1 && options.ShareChunks)
        {
            return Shared(whole, processes, bytesBefore);
        }

        if (processes.Count > 1 && leaf.IsJaxArray && value.Sharding is { MeshShape.Count: > 0 } sharding)
        {
            return ShardPlan.Shards(sharding, value.Shape, options.UseReplicaParallel, processes.Count)
                .Where(shard => shard.Process == processes.Index)
                .Select(shard => (whole, shard.Origin, shard.Shape));
        }

        return processes.IsPrimary ? [(whole, new long[layout.Shape.Length], layout.Shape)] : [];
    }

    /// <summary>The work of writing a region.</summary>
    /// <param name="array">The stored array.</param>
    /// <param name="part">The memory that the region lies in; null where it is read from elsewhere.</param>
    /// <param name="origin">The first element along each dimension.</param>
    /// <param name="shape">The number of elements along each dimension.</param>
    /// <param name="degreeOfParallelism">Most threads that share the work of one large chunk.</param>
    /// <param name="options">The memory, and where goes what it does not hold.</param>
    /// <exception cref="ArgumentException">The region cuts through a chunk.</exception>
    public IEnumerable<IChunkTask> Chunks(ZarrArray array, ArrayPart? part, long[] origin, long[] shape, int degreeOfParallelism, SaveOptions options)
    {
        CheckAligned(origin, shape);
        // A chunk that memory does not hold a second time, encoded, is written piece by piece.
        bool isLarge = !array.Metadata.Codecs.IsRaw && ChunkBytes > options.MaxMemory / 2;
        if (!IsStaged && !isLarge)
        {
            long[] start = [.. origin.Zip(part!.Origin, (at, first) => at - first)];
            ArrayView view = ArrayView.RowMajor(part.Elements, [.. part.Shape], array.DataType.Size).Slice(start, shape);
            ChunkUpdate update = new(storeFillValue: true, degreeOfParallelism);
            return array.Metadata.Grid.Parts(origin, shape).Select(chunk => new ChunkWriteTask(array, chunk, view.Slice(chunk.Position, chunk.Shape), update));
        }

        LeafSource source = leaf.Array!.Source ?? new ArrayPartSource(part!, layout.Shape, leaf.Array.DataType.Size);
        if (!layout.StoredType.Equals(leaf.Array.DataType))
        {
            source = new ConvertedLeafSource(source, leaf.Array.DataType, layout.StoredType);
        }

        TransferPlan plan = new(source, new ArraySink(array, storeFillValue: true), layout.Shape, layout.StoredType.Size)
        {
            MaxMemory = options.MaxMemory,
            SpillFolder = options.SpillFolder,
            DegreeOfParallelism = degreeOfParallelism,
        };
        return plan.Tasks(origin, shape);
    }

    // Every chunk belongs to the process whose turn it is when the bytes of all arrays are dealt out in equal runs.
    private IEnumerable<(ArrayPart? Part, long[] Origin, long[] Shape)> Shared(ArrayPart? whole, ProcessGroup processes, (long Before, long All) bytes)
    {
        long before = bytes.Before;
        foreach (ChunkPart chunk in new ChunkGrid(layout.Shape, layout.ChunkShape).Parts(new long[layout.Shape.Length], layout.Shape))
        {
            int owner = (int)((Int128)before * processes.Count / Math.Max(1, bytes.All));
            if (owner == processes.Index)
            {
                yield return (whole, chunk.Position, chunk.Shape);
            }

            before += Extents.Product(chunk.Shape) * layout.StoredType.Size;
        }
    }

    private void CheckAligned(long[] origin, long[] shape)
    {
        for (int dimension = 0; dimension < origin.Length; dimension++)
        {
            long end = origin[dimension] + shape[dimension];
            if (origin[dimension] % layout.ChunkShape[dimension] != 0 || (end % layout.ChunkShape[dimension] != 0 && end != layout.Shape[dimension]))
            {
                throw new ArgumentException(
                    $"'{leaf.Name}': the region from ({string.Join(", ", origin)}) on of shape ({string.Join(", ", shape)}) cuts through chunks of shape "
                    + $"({string.Join(", ", layout.ChunkShape)}): two processes would write the same chunk.");
            }
        }
    }
}
