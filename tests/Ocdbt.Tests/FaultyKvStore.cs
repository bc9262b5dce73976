using System.Buffers;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>What goes wrong with a write.</summary>
public enum Fault
{
    /// <summary>It fails and has no effect.</summary>
    Fail,

    /// <summary>It takes place, but the answer is lost.</summary>
    LoseAnswer,

    /// <summary>It takes place late.</summary>
    Delay,

    /// <summary>Half of it takes place, and it fails. A manifest is replaced as a whole or not at all, which is what a store promises.</summary>
    Tear,
}

/// <summary>A store of which one write, counted from 0, goes wrong: whole values, pieces of values, completions and deletions count alike.</summary>
internal sealed class FaultyKvStore(IKvStore store, Fault fault, int faultyCall, bool isPiecewise) : ForwardingKvStore(store), IPiecewiseKvStore
{
    private readonly IKvStore _store = store;
    private int _calls;

    /// <summary>How many writes there were.</summary>
    public int Calls => _calls;

    public override KvStoreCapabilities Capabilities =>
        isPiecewise ? base.Capabilities : base.Capabilities & ~KvStoreCapabilities.PiecewiseWrite;

    public override ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default) => CallAsync(
            async () => await base.WriteAsync(key, value, options, cancellationToken),
            key.ToString().StartsWith("manifest.", StringComparison.Ordinal)
                ? null
                : async () => await base.WriteAsync(key, value.Slice(0, value.Length / 2), options, cancellationToken));

    public override ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        CallAsync(async () => await base.DeleteAsync(key, options, cancellationToken), null);

    public ValueTask<ValueWriter> BeginWriteAsync(Key key, CancellationToken cancellationToken = default) => CallAsync(
        async () => (ValueWriter)new Writer(this, await ((IPiecewiseKvStore)_store).BeginWriteAsync(key, cancellationToken)), null);

    private async ValueTask<T> CallAsync<T>(Func<Task<T>> call, Func<Task>? half)
    {
        if (Interlocked.Increment(ref _calls) - 1 != faultyCall)
        {
            return await call();
        }

        switch (fault)
        {
            case Fault.Delay:
                await Task.Delay(2);
                return await call();
            case Fault.LoseAnswer:
                await call();
                break;
            case Fault.Tear when half is not null:
                await half();
                break;
            default:
                break;
        }

        throw new StorageException("This write was made to fail.", "test");
    }

    private sealed class Writer(FaultyKvStore store, ValueWriter inner) : ValueWriter
    {
        public override async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) =>
            await store.CallAsync(
                async () =>
                {
                    await inner.WriteAsync(offset, bytes, cancellationToken);
                    return true;
                },
                async () => await inner.WriteAsync(offset, bytes[..(bytes.Length / 2)], cancellationToken));

        public override ValueTask<StorageGeneration> CompleteAsync(CancellationToken cancellationToken = default) =>
            store.CallAsync(async () => await inner.CompleteAsync(cancellationToken), null);

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
