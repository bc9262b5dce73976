using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>One chunk's share of a read.</summary>
internal sealed class ChunkTask(ZarrArray array, ChunkPart part, ArrayView destination, bool missingIsError) : IChunkTask
{
    /// <summary>Most parts of the chunk that are read at the same time, where it is large.</summary>
    public int DegreeOfParallelism { get; init; } = 1;

    /// <inheritdoc/>
    public long Bytes => destination.ByteCount;

    /// <summary>Bytes of memory that the read holds at most beside its destination.</summary>
    public long MemoryBytes => ChunkReader.MemoryBytes(array.Metadata.Codecs, destination, DegreeOfParallelism);

    /// <summary>The error where a chunk is missing and that is one.</summary>
    public static StorageException Missing(ChunkSource source) =>
        new("This chunk is missing, and nothing but its elements may stand for it.", source.Location);

    /// <summary>Reads and decodes.</summary>
    /// <exception cref="StorageException">The chunk is missing, where that is an error.</exception>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        Key key = array.Metadata.KeyEncoding.Encode(part.Index);
        ChunkSource source = new(array.Store, key, 0, null);
        if (await ChunkReader.ReadAsync(array.Metadata.Codecs, source, part.Origin, destination, DegreeOfParallelism, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        if (missingIsError)
        {
            throw Missing(source);
        }

        destination.Fill(array.Metadata.FillValue);
    }
}
