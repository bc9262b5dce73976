using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>
/// The writing of a region whose elements are not in memory as they are stored: they are read from another checkpoint first, or converted, or both.
/// </summary>
internal sealed class StagedChunkTask(ArrayValue value, ArrayPart? part, ZarrArray array, long[] origin, long[] shape) : IChunkTask
{
    private readonly long _elements = Extents.Product(shape);

    /// <summary>Most threads that share the work of one large chunk.</summary>
    public int DegreeOfParallelism { get; init; } = 1;

    /// <inheritdoc/>
    public long Bytes => _elements * array.DataType.Size;

    // What is staged on both sides of the conversion, and the chunk as it is encoded.
    /// <inheritdoc/>
    public long MemoryBytes => (_elements * value.DataType.Size) + (2 * Bytes);

    /// <inheritdoc/>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        using ScratchBuffer elements = ScratchBuffer.Rent(_elements * value.DataType.Size);
        if (value.Source is { } source)
        {
            await source.ReadAsync(origin, shape, elements.Memory, new PlanOptions { MaxParallelism = DegreeOfParallelism }, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            View(part!, value.DataType.Size).CopyTo(elements.Memory.Span);
        }

        if (array.DataType.Equals(value.DataType))
        {
            await WriteAsync(elements.Memory, cancellationToken).ConfigureAwait(false);
            return;
        }

        using ScratchBuffer converted = ScratchBuffer.Rent(Bytes);
        ElementCast.Convert(elements.Memory.Span, value.DataType, converted.Memory.Span, array.DataType);
        await WriteAsync(converted.Memory, cancellationToken).ConfigureAwait(false);
    }

    private ArrayView View(ArrayPart from, int elementSize)
    {
        long[] position = [.. origin.Zip(from.Origin, (at, start) => at - start)];
        return ArrayView.RowMajor(from.Elements, [.. from.Shape], elementSize).Slice(position, shape);
    }

    private async ValueTask WriteAsync(LongMemory elements, CancellationToken cancellationToken)
    {
        foreach (IChunkTask task in array.PlanWrite(elements, new ArrayRegion(origin, shape), storeFillValue: true, DegreeOfParallelism))
        {
            await task.RunAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
