using System.Buffers.Binary;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Reads blosc frames: behind the header the offset of each block, then the blocks, each one or more streams behind their lengths.</summary>
internal static class BloscDecoder
{
    /// <summary>The number of bytes that a frame holds, from its header.</summary>
    public static int DecodedLength(ReadOnlySpan<byte> frame) => BloscHeader.Parse(frame).DataLength;

    /// <summary>Decompresses a frame that holds exactly as many bytes as <paramref name="destination"/>.</summary>
    public static void Decode(ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        BloscHeader header = BloscHeader.Parse(frame);
        if (header.DataLength != destination.Length)
        {
            throw new CorruptDataException($"blosc frame holds {header.DataLength} bytes, {destination.Length} expected", offset: 4);
        }

        if (header.IsCopied)
        {
            frame.Slice(BloscHeader.Length, destination.Length).CopyTo(destination);
            return;
        }

        if (destination.IsEmpty)
        {
            return;
        }

        using var compressor = new BloscBlockCompressor(header.Compressor);
        using PooledBuffer? scratch = header.Shuffle == BloscShuffle.None ? null : new PooledBuffer(header.BlockSize);
        int blocks = header.BlockCount;
        for (int block = 0; block < blocks; block++)
        {
            int start = BinaryPrimitives.ReadInt32LittleEndian(frame[(BloscHeader.Length + (block * sizeof(int)))..]);
            int from = block * header.BlockSize;
            int length = Math.Min(header.BlockSize, destination.Length - from);
            Span<byte> decoded = destination.Slice(from, length);
            if (Shuffles(header, length))
            {
                Span<byte> shuffled = scratch!.Span[..length];
                DecodeBlock(frame, start, header, compressor, shuffled);
                Unshuffle(header, shuffled, decoded);
            }
            else
            {
                DecodeBlock(frame, start, header, compressor, decoded);
            }
        }
    }

    /// <summary>Whether a block of this length has been shuffled: a byte shuffle of bytes, and a bit shuffle of less than an element, change nothing.</summary>
    internal static bool Shuffles(in BloscHeader header, int length) => header.Shuffle switch
    {
        BloscShuffle.Byte => header.TypeSize > 1,
        BloscShuffle.Bit => length >= header.TypeSize,
        _ => false,
    };

    private static void Unshuffle(in BloscHeader header, ReadOnlySpan<byte> shuffled, Span<byte> decoded)
    {
        if (header.Shuffle == BloscShuffle.Byte)
        {
            ByteShuffle.Unshuffle(shuffled, decoded, header.TypeSize);
        }
        else
        {
            BitShuffle.Unshuffle(shuffled, decoded, header.TypeSize);
        }
    }

    private static void DecodeBlock(ReadOnlySpan<byte> frame, int start, in BloscHeader header, BloscBlockCompressor compressor, Span<byte> block)
    {
        // A last block that is short is never split.
        bool split = header.MaySplit && block.Length == header.BlockSize && BloscOptions.CanSplit(header.TypeSize, block.Length);
        int streams = split ? header.TypeSize : 1;
        int length = block.Length / streams;
        if (length * streams != block.Length)
        {
            throw new CorruptDataException($"blosc blocks of {block.Length} bytes cannot be split into {streams}", offset: 8);
        }

        int position = start;
        for (int stream = 0; stream < streams; stream++)
        {
            // The least place is behind the offsets, but c-blosc takes any behind the header; so do we.
            if (position < 0 || position > frame.Length - sizeof(int))
            {
                throw new CorruptDataException("blosc block starts outside its frame", offset: position);
            }

            int compressed = BinaryPrimitives.ReadInt32LittleEndian(frame[position..]);
            position += sizeof(int);
            if (compressed < 0 || compressed > frame.Length - position)
            {
                throw new CorruptDataException($"blosc block of {compressed} compressed bytes reaches beyond its frame", offset: position);
            }

            ReadOnlySpan<byte> source = frame.Slice(position, compressed);
            Span<byte> target = block.Slice(stream * length, length);
            if (compressed == length)
            {
                source.CopyTo(target);
            }
            else if (!compressor.TryDecompress(source, target))
            {
                throw new CorruptDataException($"{compressor.Name} stream in a blosc frame is broken or does not hold {length} bytes", offset: position);
            }

            position += compressed;
        }
    }
}
