using System.Buffers.Binary;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Writes blosc frames that c-blosc reads, with its choice of block sizes and splits.</summary>
internal static class BloscEncoder
{
    /// <summary>Data shorter than this are copied.</summary>
    private const int MinCompressed = 128;

    /// <summary>The most bytes that a frame of so much data takes.</summary>
    public static int MaxEncodedLength(int length) => length <= BloscHeader.MaxDataLength
        ? length + BloscHeader.Length
        : throw new UnsupportedFormatException($"blosc cannot hold {length} bytes, at most {BloscHeader.MaxDataLength}");

    /// <summary>Writes a frame into <paramref name="frame"/>, which has room for <see cref="MaxEncodedLength"/>, and returns its length.</summary>
    public static int Encode(ReadOnlySpan<byte> source, in BloscOptions options, Span<byte> frame)
    {
        int blockSize = options.ChooseBlockSize(source.Length);
        var header = new BloscHeader
        {
            Compressor = options.Compressor,
            Shuffle = options.Shuffle,
            MaySplit = options.Splits(blockSize),
            TypeSize = options.TypeSize,
            DataLength = source.Length,
            BlockSize = blockSize,
        };
        frame = frame[..MaxEncodedLength(source.Length)];
        int length = options.Level == 0 || source.Length < MinCompressed ? 0 : EncodeBlocks(source, header, options.Level, frame);
        if (length == 0)
        {
            source.CopyTo(frame[BloscHeader.Length..]);
            length = frame.Length;
            header = header with { IsCopied = true };
        }

        (header with { FrameLength = length }).Write(frame);
        return length;
    }

    /// <summary>Writes offsets and blocks; returns the length of the frame, or 0 where it would be longer than the data copied.</summary>
    private static int EncodeBlocks(ReadOnlySpan<byte> source, in BloscHeader header, int level, Span<byte> frame)
    {
        int blocks = header.BlockCount;
        int position = BloscHeader.Length + (blocks * sizeof(int));
        using var compressor = new BloscBlockCompressor(header.Compressor, level);
        using PooledBuffer? scratch = header.Shuffle == BloscShuffle.None ? null : new PooledBuffer(header.BlockSize);
        for (int block = 0; block < blocks; block++)
        {
            int from = block * header.BlockSize;
            ReadOnlySpan<byte> data = source.Slice(from, Math.Min(header.BlockSize, source.Length - from));
            if (BloscDecoder.Shuffles(header, data.Length))
            {
                Span<byte> shuffled = scratch!.Span[..data.Length];
                Shuffle(header, data, shuffled);
                data = shuffled;
            }

            if (position > frame.Length)
            {
                return 0;
            }

            BinaryPrimitives.WriteInt32LittleEndian(frame[(BloscHeader.Length + (block * sizeof(int)))..], position);
            int written = EncodeBlock(data, header, compressor, frame[position..]);
            if (written == 0)
            {
                return 0;
            }

            position += written;
        }

        return position;
    }

    private static void Shuffle(in BloscHeader header, ReadOnlySpan<byte> data, Span<byte> shuffled)
    {
        if (header.Shuffle == BloscShuffle.Byte)
        {
            ByteShuffle.Shuffle(data, shuffled, header.TypeSize);
        }
        else
        {
            BitShuffle.Shuffle(data, shuffled, header.TypeSize);
        }
    }

    private static int EncodeBlock(ReadOnlySpan<byte> block, in BloscHeader header, BloscBlockCompressor compressor, Span<byte> target)
    {
        int streams = header.MaySplit && block.Length == header.BlockSize ? header.TypeSize : 1;
        int length = block.Length / streams;
        int position = 0;
        for (int stream = 0; stream < streams; stream++)
        {
            if (target.Length - position <= sizeof(int))
            {
                return 0;
            }

            ReadOnlySpan<byte> data = block.Slice(stream * length, length);
            Span<byte> room = target[(position + sizeof(int))..];
            int compressed = compressor.Compress(data, room[..Math.Min(room.Length, length)]);

            // A stream as long as its data is one that is not compressed, so no other may have that length.
            if (compressed == 0 || compressed == length)
            {
                if (!data.TryCopyTo(room))
                {
                    return 0;
                }

                compressed = length;
            }

            BinaryPrimitives.WriteInt32LittleEndian(target[position..], compressed);
            position += sizeof(int) + compressed;
        }

        return position;
    }
}
