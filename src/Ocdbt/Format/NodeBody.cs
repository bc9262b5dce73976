using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.KvStore.Zstandard;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>
/// The body of a B-tree node. A long compressed one is inflated from its beginning as far as it is asked for: keys and places of values come first, and
/// the values within the node, which are most of it, behind them. Safe to use from many threads at once.
/// </summary>
internal sealed class NodeBody : IByteSource
{
    // What is saved of a shorter body is less than what it costs to stop and go on.
    private const int MinPartialBytes = 512 << 10;

    // With less left than this, the rest is inflated too, and nothing compressed is held any longer.
    private const int SmallRest = 128 << 10;

    private readonly Lock _lock = new();
    private readonly Func<string>? _place;
    private Memory<byte> _bytes;
    private ReadOnlyMemory<byte> _frame;
    private ZstdDecoder? _decoder;
    private OcdbtSharpException? _failure;
    private int _available;
    private long _length = -1;

    private NodeBody(ReadOnlyMemory<byte> bytes)
    {
        _bytes = System.Runtime.InteropServices.MemoryMarshal.AsMemory(bytes);
        _available = bytes.Length;
        Capacity = bytes.Length;
    }

    private NodeBody(ReadOnlyMemory<byte> frame, int capacity, Func<string>? place)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(capacity);
        _frame = frame;
        _place = place;
        _decoder = ZstdDecoder.Rent();
        Capacity = capacity;
    }

    /// <inheritdoc/>
    public int Capacity { get; }

    /// <summary>About how many bytes of memory the body takes: what was not inflated was never touched.</summary>
    public long MemoryBytes => _available;

    /// <summary>Whether all of it is inflated.</summary>
    public bool IsWhole => Volatile.Read(ref _decoder) is null && !IsCut;

    /// <summary>Whether what is not inflated has been given up.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Takes the body of a node out of its envelope.</summary>
    /// <param name="encoded">The whole node. The body may refer to it: always where it is not compressed, else until it <see cref="IsWhole"/>.</param>
    /// <param name="place">Where the node lies, for errors that show later; null where nobody asks.</param>
    /// <exception cref="CorruptDataException">The envelope is damaged, or the body is no Zstandard frame.</exception>
    public static NodeBody Open(ReadOnlyMemory<byte> encoded, Func<string>? place = null)
    {
        (ReadOnlyMemory<byte> stored, bool isCompressed) = Envelope.Open(encoded, FormatLimits.BtreeNodeMagic, "B-tree node");
        if (!isCompressed)
        {
            return new NodeBody(stored);
        }

        int capacity = Zstd.MaxContentLength(stored.Span, FormatLimits.MaxNodeBytes);
        return capacity < MinPartialBytes
            ? new NodeBody(Zstd.Decompress(stored.Span, FormatLimits.MaxNodeBytes))
            : new NodeBody(stored, capacity, place);
    }

    /// <inheritdoc/>
    /// <exception cref="CorruptDataException">What is compressed is damaged.</exception>
    public ReadOnlySpan<byte> Reach(int end)
    {
        if (end > Volatile.Read(ref _available))
        {
            Inflate(end);
        }

        return _bytes.Span[..Volatile.Read(ref _available)];
    }

    /// <summary>A part of the body, which stays valid.</summary>
    /// <exception cref="CorruptDataException">What is compressed is damaged, or the body ends before.</exception>
    public ReadOnlyMemory<byte> Slice(int offset, int length) => offset + length <= Reach(offset + length).Length
        ? _bytes.Slice(offset, length)
        : throw At(new CorruptDataException($"inline value is cut off: {length} bytes expected from byte {offset} on, {_available} are there in all"));

    /// <summary>Tells how long the body has to be by what it says. All that is inflated, now or later, is checked against it.</summary>
    /// <exception cref="CorruptDataException">It cannot be so long, or is longer.</exception>
    public void Expect(long length)
    {
        if (length > Capacity)
        {
            throw new CorruptDataException($"inline value is cut off: the values end at byte {length} of a B-tree node of at most {Capacity}");
        }

        _length = length;
        if (length - _available <= SmallRest)
        {
            Inflate(int.MaxValue);
        }

        CheckLength();
    }

    /// <summary>Inflates all of it.</summary>
    /// <exception cref="CorruptDataException">It is damaged, or not as long as it has to be.</exception>
    public void Complete() => Inflate(int.MaxValue);

    /// <summary>Whether the bytes before <paramref name="end"/> are there, or can be inflated.</summary>
    public bool Covers(long end) => !IsCut || end <= _available;

    /// <summary>Gives up what is not inflated, and lets go of what it would be inflated from.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            IsCut |= _decoder is not null;
            _decoder?.Dispose();
            _decoder = null;
            _frame = default;
        }
    }

    /// <summary>Lets go of all bytes.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _decoder?.Dispose();
            _decoder = null;
            _frame = default;
            _bytes = default;
            _available = 0;
        }
    }

    private void Inflate(int end)
    {
        lock (_lock)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            try
            {
                while (_available < end && _decoder is { } decoder)
                {
                    int used = (int)decoder.Read(_frame.Span, _bytes.Span, end);
                    _frame = _frame[used..];
                    bool isEnd = _frame.IsEmpty && decoder.IsAtEnd;
                    if (!isEnd && (used == 0 || _frame.IsEmpty))
                    {
                        throw new CorruptDataException("a Zstandard frame is cut off");
                    }

                    Volatile.Write(ref _available, (int)decoder.Written);
                    if (isEnd)
                    {
                        decoder.Dispose();
                        _frame = default;
                        Volatile.Write(ref _decoder, null);
                        CheckLength();
                    }
                }
            }
            catch (OcdbtSharpException exception)
            {
                _failure = At(exception);
                _decoder = null;
                _frame = default;
                throw _failure;
            }
        }
    }

    private void CheckLength()
    {
        if (_decoder is null && _length >= 0 && _available != _length)
        {
            throw new CorruptDataException(_available > _length
                ? $"B-tree node is followed by {_available - _length} bytes that belong to nothing"
                : $"inline value is cut off: the values end at byte {_length} of a B-tree node of {_available}");
        }
    }

    private OcdbtSharpException At(OcdbtSharpException exception) => _place is null || exception.Location is not null ? exception : exception.At(_place());
}
