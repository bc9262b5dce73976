namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>A part of a frame that can be decoded on its own.</summary>
/// <param name="Start">Its first byte: the header of a block.</param>
/// <param name="Length">Number of bytes stored.</param>
/// <param name="ContentStart">First byte of its content.</param>
/// <param name="ContentLength">Bytes of its content.</param>
internal readonly record struct ZstdPart(long Start, long Length, long ContentStart, long ContentLength);

/// <summary>
/// Cuts one frame without a checksum into parts, where its blocks have no matches, as those of weights: a part begins at a block with a code of its
/// own. Only the headers of blocks are looked at, which the caller reads one by one from <see cref="Position"/> on.
/// </summary>
/// <param name="storedLength">Bytes of the frame.</param>
/// <param name="contentLength">Bytes of its content.</param>
/// <param name="partLength">Bytes of content from which on a part may end.</param>
internal sealed unsafe class ZstdPartition(long storedLength, long contentLength, long partLength)
{
    private readonly List<ZstdPart> _parts = [];
    private long _start;
    private long _content;
    private long _contentStart;
    private bool _isBehindLiterals;
    private bool _isBehindLast;

    /// <summary>Most bytes that are needed at <see cref="Position"/>; fewer where the frame ends before.</summary>
    public const int WindowLength = 32;

    /// <summary>First of the bytes that are needed next.</summary>
    public long Position { get; private set; }

    /// <summary>The parts, when <see cref="TryAdd"/> has come to the end.</summary>
    public IReadOnlyList<ZstdPart> Parts => _parts;

    /// <summary>Whether the whole frame was seen.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    /// <returns>False where the frame cannot be cut; then it may be anything, damaged as well.</returns>
    public bool TryAdd(ReadOnlySpan<byte> window)
    {
        if (_start == 0)
        {
            return TryBegin(window);
        }

        // The last byte of a block of literals alone tells that there are no sequences.
        if (_isBehindLiterals && window[0] != 0)
        {
            return false;
        }

        if (_isBehindLast)
        {
            EndPart(Position + 1);
            IsComplete = Position + 1 == storedLength && _content == contentLength;
            return IsComplete;
        }

        window = window[1..];
        if (window.Length < ZstdFormat.BlockHeaderLength)
        {
            return false;
        }

        ZstdBlockHeader header;
        fixed (byte* bytes = window)
        {
            header = ZstdBlockHeader.ReadUnchecked(bytes);
        }

        int length = header.Length;
        long blockStart = Position + 1;
        _isBehindLast = header.IsLast;
        _isBehindLiterals = header.Type == ZstdBlockType.Compressed;
        if (_isBehindLiterals)
        {
            ZstdLiteralsHeader literals = ZstdLiteralsHeader.Read(window[ZstdFormat.BlockHeaderLength..]);
            if (literals.Length + literals.StoredLength + 1 != length)
            {
                return false;
            }

            if (literals.Type == ZstdLiteralsType.Compressed && _content - _contentStart >= partLength)
            {
                EndPart(blockStart);
            }

            length = literals.Count;
        }

        _content += length;
        Position = blockStart + ZstdFormat.BlockHeaderLength + header.StoredLength - 1;
        return header.Type != ZstdBlockType.Reserved && length <= ZstdFormat.MaxBlockLength && Position < storedLength && _content <= contentLength;
    }

    private bool TryBegin(ReadOnlySpan<byte> window)
    {
        try
        {
            if (!ZstdFrameHeader.TryRead(window, out ZstdFrameHeader header) || header.IsSkippable || header.HasChecksum
                || header.ContentLength != (ulong)contentLength)
            {
                return false;
            }

            _start = header.Length;
            Position = header.Length - 1;
            return Position < storedLength;
        }
        catch (OcdbtSharpException)
        {
            return false;
        }
    }

    private void EndPart(long end)
    {
        _parts.Add(new ZstdPart(_start, end - _start, _contentStart, _content - _contentStart));
        _start = end;
        _contentStart = _content;
    }
}
