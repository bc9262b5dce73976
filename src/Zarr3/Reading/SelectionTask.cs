using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>One chunk's share of a read of a selection.</summary>
internal sealed class SelectionTask(ZarrArray array, SelectedChunk part, ArrayView destination, bool missingIsError) : IChunkTask
{
    /// <inheritdoc/>
    public long Bytes { get; } = part.Selection.Count * destination.ElementSize;

    /// <inheritdoc/>
    public long MemoryBytes => Bytes + array.Metadata.Codecs.Spec.ByteCount;

    /// <summary>Reads and decodes.</summary>
    /// <exception cref="StorageException">The chunk is missing, where that is an error.</exception>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        ChunkSource source = new(array.Store, array.Metadata.KeyEncoding.Encode(part.Index), 0, null);
        if (await SelectionReader.ReadAsync(array.Metadata.Codecs, source, part.Selection, destination, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        if (missingIsError)
        {
            throw ChunkTask.Missing(source);
        }

        SelectionReader.Fill(part.Selection, destination, array.Metadata.FillValue);
    }
}
