namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>Counts bytes from many threads.</summary>
internal sealed class ByteCounter
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
