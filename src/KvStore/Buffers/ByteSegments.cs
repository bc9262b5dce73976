using System.Buffers;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>Collects bytes in rented pieces of one size, so that what becomes long is never moved. Dispose of it after the last use of what it holds.</summary>
internal sealed class ByteSegments : IDisposable
{
    private const int PieceBytes = 1 << 20;

    private readonly List<byte[]> _pieces = [];
    private int _used;

    /// <summary>Bytes collected so far.</summary>
    public long Length => _pieces.Count == 0 ? 0 : ((_pieces.Count - 1L) * PieceBytes) + _used;

    /// <summary>What was collected; valid until more is.</summary>
    public ReadOnlySequence<byte> Written => Sequence.Of(
        _pieces.Select((piece, index) => (ReadOnlyMemory<byte>)piece.AsMemory(0, index + 1 < _pieces.Count ? PieceBytes : _used)));

    /// <summary>The beginning of what was collected, open to change.</summary>
    public Span<byte> First => _pieces[0].AsSpan(0, (int)Math.Min(PieceBytes, Length));

    /// <summary>Room for more bytes, at least one; tell by <see cref="Advance"/> how many came.</summary>
    public Span<byte> Room()
    {
        if (_pieces.Count == 0 || _used == PieceBytes)
        {
            _pieces.Add(ArrayPool<byte>.Shared.Rent(PieceBytes));
            _used = 0;
        }

        return _pieces[^1].AsSpan(_used, PieceBytes - _used);
    }

    /// <summary>Takes over bytes that were written to <see cref="Room"/>.</summary>
    public void Advance(int count) => _used += count;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> room = Room();
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            bytes = bytes[count..];
            Advance(count);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (byte[] piece in _pieces)
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        _pieces.Clear();
    }
}
