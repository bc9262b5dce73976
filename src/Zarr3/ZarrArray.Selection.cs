using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Reading;
using OcdbtSharp.Zarr3.Transfer;

namespace OcdbtSharp.Zarr3;

/// <content>Reading of elements at chosen indices.</content>
public sealed partial class ZarrArray
{
    /// <summary>
    /// Reads the elements at chosen indices, such as some rows. Each chunk that they lie in is read and decoded once, however many of them it holds; of a
    /// shard that is its index and the inner chunks that they lie in.
    /// </summary>
    /// <param name="destination">Memory for exactly these elements, little-endian and in C order, along each axis in the order of the indices.</param>
    /// <param name="selection">The indices.</param>
    /// <param name="options">Cost and checks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The selection is not within the array, or the destination has another length.</exception>
    /// <inheritdoc cref="ReadAsync(Memory{byte}, ArrayRegion, ArrayReadOptions?, CancellationToken)" path="/exception[not(contains(@cref, 'Argument'))]"/>
    public ValueTask ReadSelectionAsync(
        Memory<byte> destination, ArraySelection selection, ArrayReadOptions? options = null, CancellationToken cancellationToken = default) =>
        ReadSelectionAsync((LongMemory)destination, selection, options, cancellationToken);

    /// <inheritdoc cref="ReadSelectionAsync(Memory{byte}, ArraySelection, ArrayReadOptions?, CancellationToken)"/>
    public ValueTask ReadSelectionAsync(
        NativeBuffer destination, ArraySelection selection, ArrayReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return ReadSelectionAsync((LongMemory)destination, selection, options, cancellationToken);
    }

    /// <typeparam name="T">The type of the elements: a number of .NET, or one of this library such as <see cref="BFloat16"/>.</typeparam>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> does not hold the elements, the selection is not within the array, or the destination has another length.</exception>
    /// <inheritdoc cref="ReadSelectionAsync(Memory{byte}, ArraySelection, ArrayReadOptions?, CancellationToken)" path="/*[not(contains(@cref, 'Argument'))]"/>
    public ValueTask ReadSelectionAsync<T>(
        Memory<T> destination, ArraySelection selection, ArrayReadOptions? options = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        ElementType.Check<T>(DataType);
        return ReadSelectionAsync(Bytes(destination), selection, options, cancellationToken);
    }

    private async ValueTask ReadSelectionAsync(
        LongMemory destination, ArraySelection selection, ArrayReadOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(selection);
        options ??= new ArrayReadOptions();
        (ChunkSelection selected, long[] shape) = selection.Resolve(Metadata.Shape);
        if (Extents.TryByteCount(shape, DataType.Size) is null)
        {
            throw new ArgumentException($"A selection of shape {Extents.Format(shape)} has more elements than any memory.", nameof(selection));
        }

        ArrayView view = ArrayView.RowMajor(destination, shape, DataType.Size);
        IEnumerable<SelectionTask> tasks = selected.Split(Metadata.Grid).Select(part => new SelectionTask(this, part, view, options.MissingChunkIsError));
        TransferRunner runner = new(options.MaxMemory, options.DegreeOfParallelism) { Moved = options.Progress is { } progress ? progress.Report : null };
        await runner.RunAsync(tasks, cancellationToken).ConfigureAwait(false);
    }
}
