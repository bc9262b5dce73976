using System.Buffers.Binary;
using OcdbtSharp.KvStore;

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

        BloscFrame.TryOpen(frame, out BloscFrame? opened);
        using BloscFrame blocks = opened!;
        for (int block = 0; block < blocks.BlockCount; block++)
        {
            blocks.Decode(block, frame, 0, destination.Slice(block * header.BlockSize, blocks.BlockLength(block)));
        }
    }

    /// <summary>Whether a block of this length has been shuffled: a byte shuffle of bytes, and a bit shuffle of less than an element, change nothing.</summary>
    internal static bool Shuffles(in BloscHeader header, int length) => header.Shuffle switch
    {
        BloscShuffle.Byte => header.TypeSize > 1,
        BloscShuffle.Bit => length >= header.TypeSize,
        _ => false,
    };

    internal static void Unshuffle(in BloscHeader header, ReadOnlySpan<byte> shuffled, Span<byte> decoded)
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

    internal static void DecodeBlock(ReadOnlySpan<byte> frame, int start, in BloscHeader header, BloscBlockCompressor compressor, Span<byte> block)
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
