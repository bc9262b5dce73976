using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.Operations;

namespace OcdbtSharp.Ocdbt;

/// <content>Values that come piece by piece.</content>
public sealed partial class OcdbtTransaction : IPiecewiseKvStore
{
    /// <summary>Begins a value, which gets a data file of its own.</summary>
    /// <inheritdoc/>
    public async ValueTask<ValueWriter> BeginWriteAsync(Key key, CancellationToken cancellationToken = default)
    {
        OcdbtStore.CheckKey(key);
        CheckOpen();
        IKvStore store = _store.Io.Store;
        if (!store.Capabilities.HasFlag(KvStoreCapabilities.PiecewiseWrite) || store is not IPiecewiseKvStore files)
        {
            throw new NotSupportedException("The store below the database takes values only as a whole.");
        }

        DataFileId id = DataFileId.Create(_store.Io.ValuePrefix);
        return new Writer(this, key, id, await files.BeginWriteAsync(id.Path, cancellationToken).ConfigureAwait(false));
    }

    private sealed class Writer(OcdbtTransaction transaction, Key key, DataFileId id, ValueWriter file) : ValueWriter
    {
        private long _length;

        public override ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
        {
            InterlockedMax(ref _length, offset + bytes.Length);
            return file.WriteAsync(offset, bytes, cancellationToken);
        }

        public override async ValueTask<StorageGeneration> CompleteAsync(CancellationToken cancellationToken = default)
        {
            await file.CompleteAsync(cancellationToken).ConfigureAwait(false);
            LeafValue stored = new(new IndirectDataReference(id, 0, _length));
            transaction.Stage(staged => staged.Put(key, stored));
            return LeafGeneration.Of(stored);
        }

        public override ValueTask DisposeAsync() => file.DisposeAsync();

        private static void InterlockedMax(ref long target, long value)
        {
            for (long now = Volatile.Read(ref target); value > now;)
            {
                long before = Interlocked.CompareExchange(ref target, value, now);
                if (before == now)
                {
                    return;
                }

                now = before;
            }
        }
    }
}
