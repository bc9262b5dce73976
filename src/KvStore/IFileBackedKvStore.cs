namespace OcdbtSharp.KvStore;

/// <summary>A store that can tell in which file a value lies as it is.</summary>
internal interface IFileBackedKvStore
{
    /// <summary>Finds the bytes of a value; null where the key is missing or the value lies in no file as it is.</summary>
    /// <exception cref="CorruptDataException">The file is shorter than what the store says of it.</exception>
    ValueTask<FileExtent?> FindInFileAsync(Key key, CancellationToken cancellationToken);
}

/// <summary>A part of a file.</summary>
/// <param name="Path">Full path of the file.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Number of bytes.</param>
internal readonly record struct FileExtent(string Path, long Offset, long Length)
{
    /// <summary>A part of this part.</summary>
    /// <exception cref="CorruptDataException">It reaches beyond the end.</exception>
    public FileExtent Slice(long offset, long length) => length <= Length - offset
        ? new FileExtent(Path, Offset + offset, length)
        : throw new CorruptDataException($"the file ends at byte {Offset + Length}; the {length} bytes from {Offset + offset} on were expected in it", Path);
}
