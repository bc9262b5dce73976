using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>A store that keeps a record of what is read from it.</summary>
internal sealed class CountingKvStore(IKvStore store) : ForwardingKvStore(store)
{
    private readonly Lock _lock = new();

    public List<(Key Key, ByteRange Range)> Reads { get; } = [];

    public override ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            Reads.Add((key, options.Range));
        }

        return base.ReadAsync(key, options, cancellationToken);
    }
}
