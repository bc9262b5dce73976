namespace OcdbtSharp.KvStore.Buffers;

/// <summary>
/// Bounds the bytes that work in flight holds. Whoever waits is served in order, so a large request is not overtaken for ever; one that
/// exceeds the whole budget runs alone.
/// </summary>
internal sealed class ByteBudget(long limit)
{
    private readonly Lock _lock = new();
    private readonly Queue<(long Bytes, TaskCompletionSource Ready)> _waiting = [];
    private long _used;

    /// <summary>Most bytes in flight.</summary>
    public long Limit { get; } = limit > 0 ? limit : throw new ArgumentOutOfRangeException(nameof(limit), limit, "A budget is at least one byte.");

    /// <summary>Takes bytes from the budget, waiting for others to give theirs back. Dispose the lease to give them back.</summary>
    public async ValueTask<Lease> AcquireAsync(long bytes, CancellationToken cancellationToken)
    {
        bytes = Math.Min(bytes, Limit);
        TaskCompletionSource ready;
        lock (_lock)
        {
            if (_waiting.Count == 0 && _used + bytes <= Limit)
            {
                _used += bytes;
                return new Lease(this, bytes);
            }

            ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((bytes, ready));
        }

        using (cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetCanceled(), ready))
        {
            await ready.Task.ConfigureAwait(false);
        }

        return new Lease(this, bytes);
    }

    private void Release(long bytes)
    {
        lock (_lock)
        {
            _used -= bytes;
            while (_waiting.TryPeek(out var next) && (next.Ready.Task.IsCompleted || _used + next.Bytes <= Limit))
            {
                _waiting.Dequeue();

                // A request that was cancelled meanwhile takes nothing.
                if (next.Ready.TrySetResult())
                {
                    _used += next.Bytes;
                }
            }
        }
    }

    /// <summary>Bytes taken from a budget, given back once.</summary>
    public sealed class Lease(ByteBudget budget, long bytes) : IDisposable
    {
        private long _bytes = bytes;

        public void Dispose()
        {
            long held = Interlocked.Exchange(ref _bytes, 0);
            if (held != 0)
            {
                budget.Release(held);
            }
        }
    }
}
