using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Transfer;

/// <summary>Moves a box of elements from a source to a sink, slab by slab: while one is written, the next is read.</summary>
/// <param name="source">Where they come from.</param>
/// <param name="sink">Where they go.</param>
/// <param name="box">The box.</param>
/// <param name="plan">Its slabs.</param>
/// <param name="elementSize">Bytes of an element.</param>
internal sealed class TransferTask(ElementSource source, ElementSink sink, (long[] Origin, long[] Shape) box, SlabPlan plan, int elementSize) : IChunkTask
{
    /// <inheritdoc/>
    public long Bytes { get; } = Extents.Product(box.Shape) * elementSize;

    /// <inheritdoc/>
    public long MemoryBytes => plan.MemoryBytes;

    /// <summary>Bytes that go to a temporary file in between.</summary>
    public long SpillBytes => plan.SpillBytes;

    /// <inheritdoc/>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        using ElementReader reader = source.Open(box.Origin, box.Shape, plan.Spill);
        ElementWriter writer = sink.Open(box.Origin, box.Shape, plan.Spill);
        await using (writer.ConfigureAwait(false))
        {
            await RunAsync(reader, writer, cancellationToken).ConfigureAwait(false);
            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(ElementReader reader, ElementWriter writer, CancellationToken cancellationToken)
    {
        ScratchBuffer?[] buffers = new ScratchBuffer?[plan.Buffers];
        Task writing = Task.CompletedTask;
        int next = 0;
        try
        {
            foreach (ChunkPart slab in plan.Slabs(box.Origin, box.Shape))
            {
                cancellationToken.ThrowIfCancellationRequested();
                long[] origin = [.. slab.Position.Zip(box.Origin, static (position, first) => position + first)];
                long length = Extents.Product(slab.Shape) * elementSize;
                if (plan.Buffers == 1)
                {
                    await writing.ConfigureAwait(false);
                }

                ScratchBuffer buffer = buffers[next] is { } old && old.Length >= length ? old : Rent(ref buffers[next], length);
                LongMemory elements = buffer.Memory.Slice(0, length);
                await reader.ReadAsync(origin, slab.Shape, elements, plan.DegreeOfParallelism, cancellationToken).ConfigureAwait(false);
                await writing.ConfigureAwait(false);
                writing = plan.Buffers == 1
                    ? writer.WriteAsync(origin, slab.Shape, elements, plan.DegreeOfParallelism, cancellationToken).AsTask()
                    : Task.Run(() => writer.WriteAsync(origin, slab.Shape, elements, plan.DegreeOfParallelism, cancellationToken).AsTask(), cancellationToken);
                next = (next + 1) % plan.Buffers;
            }

            await writing.ConfigureAwait(false);
        }
        finally
        {
            // A buffer is given back when nobody reads it any more.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (ScratchBuffer? buffer in buffers)
            {
                buffer?.Dispose();
            }
        }
    }

    private static ScratchBuffer Rent(ref ScratchBuffer? buffer, long length)
    {
        buffer?.Dispose();
        buffer = null;
        return buffer = ScratchBuffer.Rent(length);
    }
}
