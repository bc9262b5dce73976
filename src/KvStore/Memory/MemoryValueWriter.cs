namespace OcdbtSharp.KvStore;

/// <summary>A value of a <see cref="MemoryKvStore"/> that is being written in pieces.</summary>
internal sealed class MemoryValueWriter(Func<ReadOnlyMemory<byte>, StorageGeneration> complete) : ValueWriter
{
    private readonly Lock _lock = new();
    private byte[] _bytes = [];
    private int _length;

    /// <inheritdoc/>
    public override ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Array.MaxLength - bytes.Length);
        lock (_lock)
        {
            int end = (int)offset + bytes.Length;
            if (end > _bytes.Length)
            {
                Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(end, 2L * _bytes.Length)));
            }

            bytes.Span.CopyTo(_bytes.AsSpan((int)offset));
            _length = Math.Max(_length, end);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask<StorageGeneration> CompleteAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return ValueTask.FromResult(complete(_bytes.AsMemory(0, _length)));
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
