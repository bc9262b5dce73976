using System.Buffers.Binary;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>A blosc frame that is decoded block by block: where its blocks lie, and what decodes them. For one thread at a time.</summary>
internal sealed class BloscFrame : IDisposable
{
    private readonly BloscHeader _header;
    private readonly int[] _starts;
    private readonly BloscBlockCompressor _compressor;
    private readonly PooledBuffer? _scratch;

    private BloscFrame(BloscHeader header, int[] starts)
    {
        _header = header;
        _starts = starts;
        _compressor = new BloscBlockCompressor(header.Compressor);
        _scratch = header.Shuffle == BloscShuffle.None || header.IsCopied ? null : new PooledBuffer(Math.Max(1, header.BlockSize));
        IsInOrder = starts.Zip(starts.Skip(1)).All(static pair => pair.First < pair.Second) && starts.All(start => start < header.FrameLength);
    }

    /// <summary>Bytes of the whole frame.</summary>
    public int Length => _header.FrameLength;

    /// <summary>Number of blocks.</summary>
    public int BlockCount => _header.BlockCount;

    /// <summary>Bytes of the content of every block but the last.</summary>
    public int BlockSize => _header.BlockSize;

    /// <summary>Whether the blocks lie in the order of their content.</summary>
    public bool IsInOrder { get; }

    /// <summary>Opens a frame.</summary>
    /// <param name="bytes">The first bytes of it.</param>
    /// <param name="frame">The frame.</param>
    /// <returns>False where more bytes are needed.</returns>
    /// <exception cref="CorruptDataException">These are not the first bytes of a frame.</exception>
    public static bool TryOpen(ReadOnlySpan<byte> bytes, out BloscFrame? frame)
    {
        frame = null;
        if (bytes.Length < BloscHeader.Length)
        {
            return false;
        }

        BloscHeader header = BloscHeader.Parse(bytes, BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]));
        long needed = BloscHeader.Length + (header.IsCopied ? 0 : (long)header.BlockCount * sizeof(int));
        if (bytes.Length < needed)
        {
            return false;
        }

        int[] starts = new int[header.BlockCount];
        for (int block = 0; block < starts.Length; block++)
        {
            starts[block] = header.IsCopied
                ? BloscHeader.Length + (block * header.BlockSize)
                : BinaryPrimitives.ReadInt32LittleEndian(bytes[(BloscHeader.Length + (block * sizeof(int)))..]);
        }

        frame = new BloscFrame(header, starts);
        return true;
    }

    /// <summary>Bytes of the content of a block.</summary>
    public int BlockLength(int block) => Math.Min(_header.BlockSize, _header.DataLength - (block * _header.BlockSize));

    /// <summary>Where the bytes of a block lie in a frame whose blocks are in order.</summary>
    public (int Start, int End) Extent(int block) => (_starts[block], block + 1 < _starts.Length ? _starts[block + 1] : _header.FrameLength);

    /// <summary>Decodes a block.</summary>
    /// <param name="block">Its number.</param>
    /// <param name="bytes">A part of the frame that holds it.</param>
    /// <param name="position">Where in the frame that part begins.</param>
    /// <param name="decoded">Room for the content.</param>
    /// <exception cref="CorruptDataException">The block is damaged.</exception>
    public void Decode(int block, ReadOnlySpan<byte> bytes, long position, Span<byte> decoded)
    {
        int start = (int)(_starts[block] - position);
        if (_header.IsCopied)
        {
            if (start < 0 || decoded.Length > bytes.Length - start)
            {
                throw new CorruptDataException($"blosc frame of {_header.FrameLength} bytes is cut off", offset: _starts[block]);
            }

            bytes.Slice(start, decoded.Length).CopyTo(decoded);
        }
        else if (BloscDecoder.Shuffles(_header, decoded.Length))
        {
            Span<byte> shuffled = _scratch!.Span[..decoded.Length];
            BloscDecoder.DecodeBlock(bytes, start, _header, _compressor, shuffled);
            BloscDecoder.Unshuffle(_header, shuffled, decoded);
        }
        else
        {
            BloscDecoder.DecodeBlock(bytes, start, _header, _compressor, decoded);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _compressor.Dispose();
        _scratch?.Dispose();
    }
}
