using System.Buffers;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.IO;

/// <summary>
/// A data file that is being written. Several threads append at once: each reserves its part under a lock and writes it outside. Small parts
/// are gathered in memory first. Nothing of the file is visible before it is complete.
/// </summary>
internal sealed class DataFile(IKvStore store, DataFileId id)
{
    private const int GatheredBytes = 1 << 20;
    private const int SmallBytes = 1 << 16;

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SortedDictionary<long, byte[]> _held = [];
    private readonly bool _isPiecewise = store.Capabilities.HasFlag(KvStoreCapabilities.PiecewiseWrite) && store is IPiecewiseKvStore;
    private Task<ValueWriter>? _writer;
    private (byte[] Bytes, long Offset, int Used)? _gathering;
    private Exception? _failure;
    private int _users;
    private int _writing;
    private bool _sealed;

    public DataFileId Id => id;

    /// <summary>Bytes appended so far.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the file takes no more data.</summary>
    public bool IsSealed
    {
        get
        {
            lock (_lock)
            {
                return _sealed;
            }
        }
    }

    /// <summary>Counts one more operation whose data is in the file; false where the file takes no more data.</summary>
    public bool TryAddUser()
    {
        lock (_lock)
        {
            _users += _sealed ? 0 : 1;
            return !_sealed;
        }
    }

    /// <summary>Counts an operation out. When the last leaves a file that nobody completed, what was written is removed.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (--_users > 0 || _sealed)
            {
                return;
            }

            _sealed = true;
            _gathering = null;
            _failure = new OperationCanceledException("The data file was given up.");
            _writing++;
        }

        EndWrite(null);
    }

    /// <summary>Appends data.</summary>
    /// <returns>Where it lies; null where the file takes no more.</returns>
    public async ValueTask<IndirectDataReference?> TryAppendAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        if (Reserve(data) is not { } reserved)
        {
            return null;
        }

        if (reserved.Ready is { } ready)
        {
            await TryWriteAsync(ready.Offset, ready.Bytes.AsMemory(0, ready.Used)).ConfigureAwait(false);
            EndWrite(null);
        }

        if (!reserved.IsGathered)
        {
            await WriteAsync(reserved.Offset, data).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return new IndirectDataReference(id, reserved.Offset, data.Length);
    }

    /// <summary>Takes no more data, and makes the file durable and visible.</summary>
    /// <exception cref="StorageException">A write failed, of whichever operation.</exception>
    public async ValueTask CompleteAsync()
    {
        (byte[] Bytes, long Offset, int Used)? last = null;
        bool isFirst;
        lock (_lock)
        {
            isFirst = !_sealed;
            if (isFirst)
            {
                _sealed = true;
                last = _gathering;
                _gathering = null;
                _writing++;
            }
        }

        if (isFirst)
        {
            if (last is { } rest)
            {
                await TryWriteAsync(rest.Offset, rest.Bytes.AsMemory(0, rest.Used)).ConfigureAwait(false);
            }

            EndWrite(null);
        }

        await _completed.Task.ConfigureAwait(false);
    }

    /// <summary>Reserves room; copies small data. <c>Ready</c> is gathered data that the caller is to write.</summary>
    private (long Offset, bool IsGathered, (byte[] Bytes, long Offset, int Used)? Ready)? Reserve(ReadOnlySequence<byte> data)
    {
        lock (_lock)
        {
            if (_sealed)
            {
                return null;
            }

            long offset = Length;
            Length += data.Length;
            (byte[] Bytes, long Offset, int Used)? ready = null;
            bool isGathered = data.Length <= SmallBytes;
            if (_gathering is { } gathering && (!isGathered || gathering.Used + data.Length > gathering.Bytes.Length))
            {
                ready = gathering;
                _gathering = null;
            }

            if (isGathered)
            {
                (byte[] Bytes, long Offset, int Used) current =
                    _gathering ?? (GC.AllocateUninitializedArray<byte>(ready is null ? SmallBytes : GatheredBytes), offset, 0);
                data.CopyTo(current.Bytes.AsSpan(current.Used));
                _gathering = current with { Used = current.Used + (int)data.Length };
            }

            _writing += (ready is null ? 0 : 1) + (isGathered ? 0 : 1);
            return (offset, isGathered, ready);
        }
    }

    private async ValueTask WriteAsync(long offset, ReadOnlySequence<byte> data)
    {
        Exception? failure = null;
        try
        {
            foreach (ReadOnlyMemory<byte> part in data)
            {
                await WritePartAsync(offset, part).ConfigureAwait(false);
                offset += part.Length;
            }
        }
        catch (Exception exception)
        {
            failure = exception;
            throw;
        }
        finally
        {
            EndWrite(failure);
        }
    }

    private async ValueTask TryWriteAsync(long offset, ReadOnlyMemory<byte> data)
    {
        try
        {
            await WritePartAsync(offset, data).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The data belongs to others too, who learn of it when they complete the file.
            lock (_lock)
            {
                _failure ??= exception;
            }
        }
    }

    private async ValueTask WritePartAsync(long offset, ReadOnlyMemory<byte> data)
    {
        if (!_isPiecewise)
        {
            byte[] copy = data.ToArray();
            lock (_lock)
            {
                _held.Add(offset, copy);
            }

            return;
        }

        Task<ValueWriter> opening;
        lock (_lock)
        {
            opening = _writer ??= ((IPiecewiseKvStore)store).BeginWriteAsync(id.Path, CancellationToken.None).AsTask();
        }

        ValueWriter writer = await opening.ConfigureAwait(false);
        await writer.WriteAsync(offset, data, CancellationToken.None).ConfigureAwait(false);
    }

    private void EndWrite(Exception? failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            if (--_writing > 0 || !_sealed)
            {
                return;
            }
        }

        _ = FinishAsync();
    }

    private async Task FinishAsync()
    {
        try
        {
            if (_failure is null)
            {
                await PublishAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            _failure = exception;
        }

        try
        {
            if (_writer is { IsCompletedSuccessfully: true })
            {
                await _writer.Result.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            _failure ??= exception;
        }

        if (_failure is null)
        {
            _completed.SetResult();
        }
        else
        {
            _completed.SetException(_failure);
            _ = _completed.Task.Exception;
        }
    }

    private async ValueTask PublishAsync()
    {
        if (_isPiecewise)
        {
            ValueWriter writer = await _writer!.ConfigureAwait(false);
            await writer.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
        }
        else
        {
            await store.WriteAsync(id.Path, Sequence.Of(_held.Values), default, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
