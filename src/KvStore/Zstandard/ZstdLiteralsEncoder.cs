using System.Buffers.Binary;
using System.IO.Hashing;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>
/// Encodes data in which nothing repeats, such as trained weights: each block is literals under a Huffman code, without a single match. For such
/// data the result is as short as that of an encoder that looks for matches, and there in half the time.
/// </summary>
internal sealed unsafe class ZstdLiteralsEncoder
{
    // A shorter block, of which there is one at most, is stored as it is.
    private const int MinCompressed = 1 << 10;

    // A block that gets shorter by less than this share is stored as it is: it is read at the speed of a copy.
    private const int MinGainShare = 64;

    /// <summary>A reader can begin at a block with a code of its own, so there is one in each part of so many bytes.</summary>
    public const long PartLength = 2 << 20;

    // Parts from which on several threads share them, and parts that each of them encodes before all are put together.
    private const int MinSharedParts = 32;
    private const int PartsOfThread = 4;

    // A new code has to be expected to be this much shorter than the one before it, for making and reading it take time.
    private const double MinGain = 1.002;

    private const int JumpTableLength = 6;
    private const int LiteralsHeaderLength = 5;

    // Literals of up to 2^18 bytes in four streams.
    private const int LiteralsFormat = 3;
    private const ulong CompressedLiterals = 2;
    private const ulong TreelessLiterals = 3;

    // Tables of some size, for one caller at a time.
    [ThreadStatic]
    private static ZstdLiteralsEncoder? t_instance;

    private readonly LiteralCounts _counts = new();
    private HuffmanCode _code = new();
    private HuffmanCode _other = new();

    // Length of a block in the code, as a multiple of the least that it could have; 0 where there is no code.
    private double _redundancy;

    private ZstdLiteralsEncoder()
    {
    }

    private static ZstdLiteralsEncoder Instance => t_instance ??= new ZstdLiteralsEncoder();

    /// <summary>The longest that a frame can become.</summary>
    public static long MaxLength(long length) =>
        ZstdFrameHeader.MaxLength + length + (ZstdFormat.BlockHeaderLength * ((length / ZstdFormat.MaxBlockLength) + 1)) + ZstdFormat.ChecksumLength;

    /// <summary>Writes one frame.</summary>
    /// <param name="source">The content.</param>
    /// <param name="destination">Room for <see cref="MaxLength"/> bytes.</param>
    /// <param name="checksum">Whether a checksum of the content goes behind it.</param>
    /// <param name="degreeOfParallelism">Most threads that encode parts of the content at the same time.</param>
    /// <returns>Length of the frame, which does not depend on the number of threads, nor do its bytes.</returns>
    public static long Encode(ReadOnlyLongSpan source, LongSpan destination, bool checksum, int degreeOfParallelism = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, MaxLength(source.Length), nameof(destination));
        fixed (byte* first = &source.First, target = &destination.First)
        {
            byte* next = target + WriteHeader(target, source.Length, checksum);
            next += degreeOfParallelism > 1 && source.Length >= MinSharedParts * PartLength
                ? WriteParts((nint)first, source.Length, next, degreeOfParallelism, endsFrame: true)
                : Instance.WriteBlocks(first, source.Length, next, endsFrame: true);
            if (checksum)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(next, ZstdFormat.ChecksumLength), Checksum(source));
                next += ZstdFormat.ChecksumLength;
            }

            return next - target;
        }
    }

    /// <summary>Writes the header of a frame that is written part by part.</summary>
    /// <param name="length">Bytes of the content.</param>
    /// <param name="checksum">Whether a checksum goes behind it.</param>
    /// <param name="destination">Room for <see cref="ZstdFrameHeader.MaxLength"/> bytes.</param>
    /// <returns>Length of the header.</returns>
    public static int EncodeHeader(long length, bool checksum, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, ZstdFrameHeader.MaxLength, nameof(destination));
        fixed (byte* target = destination)
        {
            return WriteHeader(target, length, checksum);
        }
    }

    /// <summary>Writes the next parts of a frame.</summary>
    /// <param name="source">The next bytes of the content: a multiple of <see cref="PartLength"/>, unless they are the last.</param>
    /// <param name="isEnd">Whether the content ends with them.</param>
    /// <param name="destination">Room for <see cref="MaxLength"/> bytes.</param>
    /// <param name="degreeOfParallelism">Most threads that encode parts at the same time.</param>
    /// <returns>Number of bytes written; they do not depend on the number of threads.</returns>
    public static long EncodeParts(ReadOnlyLongSpan source, bool isEnd, LongSpan destination, int degreeOfParallelism)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, MaxLength(source.Length), nameof(destination));
        fixed (byte* first = &source.First, target = &destination.First)
        {
            return degreeOfParallelism > 1
                ? WriteParts((nint)first, source.Length, target, degreeOfParallelism, isEnd)
                : Instance.WriteBlocks(first, source.Length, target, isEnd);
        }
    }

    /// <summary>Length in bytes that a block gets under its best code, as an estimate.</summary>
    public static double Estimate(ReadOnlySpan<byte> block)
    {
        LiteralCounts counts = Instance._counts;
        fixed (byte* first = block)
        {
            counts.Count(first, block.Length);
        }

        return Math.Min(block.Length, counts.Entropy(block.Length) / 8);
    }

    private static uint Checksum(ReadOnlyLongSpan source)
    {
        XxHash64 hash = new();
        for (long done = 0; done < source.Length;)
        {
            ReadOnlySpan<byte> window = source.NextWindow(done);
            hash.Append(window);
            done += window.Length;
        }

        return (uint)hash.GetCurrentHashAsUInt64();
    }

    /// <summary>Encodes parts by several threads, a few at a time, and puts them one behind the other while they are in the cache.</summary>
    /// <returns>Number of bytes written.</returns>
    private static long WriteParts(nint source, long length, byte* target, int degreeOfParallelism, bool endsFrame)
    {
        long maxPart = MaxLength(PartLength);
        int atOnce = degreeOfParallelism * PartsOfThread;
        long[] lengths = new long[atOnce];
        using ScratchBuffer scratch = ScratchBuffer.Rent(atOnce * maxPart);
        ParallelOptions options = new() { MaxDegreeOfParallelism = degreeOfParallelism };
        byte* next = target;
        fixed (byte* room = &scratch.Span.First)
        {
            nint encoded = (nint)room;
            for (long begin = 0; begin < length; begin += atOnce * PartLength)
            {
                long start = begin;
                int count = (int)Math.Min(atOnce, (length - begin + PartLength - 1) / PartLength);
                Parallel.For(0, count, options, index =>
                {
                    long offset = start + (index * PartLength);
                    long partLength = Math.Min(PartLength, length - offset);
                    lengths[index] = Instance.WriteBlocks(
                        (byte*)source + offset, partLength, (byte*)encoded + (index * maxPart), endsFrame: endsFrame && offset + partLength == length);
                });
                for (int index = 0; index < count; index++)
                {
                    Buffer.MemoryCopy(room + (index * maxPart), next, lengths[index], lengths[index]);
                    next += lengths[index];
                }
            }
        }

        return next - target;
    }

    /// <returns>Number of bytes written.</returns>
    private long WriteBlocks(byte* source, long length, byte* target, bool endsFrame)
    {
        byte* next = target;
        long done = 0;
        do
        {
            int block = (int)Math.Min(ZstdFormat.MaxBlockLength, length - done);
            _redundancy = done % PartLength == 0 ? 0 : _redundancy;
            next += WriteBlock(source + done, block, next, isLast: endsFrame && done + block == length);
            done += block;
        }
        while (done < length);

        return next - target;
    }

    /// <summary>Nothing is referred to, so the smallest window that full blocks can have is enough, and a reader needs no memory for a greater one.</summary>
    private static int WriteHeader(byte* target, long length, bool checksum)
    {
        const int windowLog = 17;
        bool isSingle = length <= ZstdFormat.MaxBlockLength;
        (int lengthBytes, int lengthCode) = length switch
        {
            < 256 => (1, 0),
            < 65536 + 256 => (2, 1),
            <= uint.MaxValue => (4, 2),
            _ => (8, 3),
        };
        Span<byte> header = new(target, ZstdFrameHeader.MaxLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header, ZstdFormat.FrameMagic);
        header[4] = (byte)((lengthCode << 6) | (isSingle ? 0x20 : 0) | (checksum ? 4 : 0));
        int position = 5;
        if (!isSingle)
        {
            header[position++] = (windowLog - 10) << 3;
        }

        ulong stored = (ulong)length - (lengthBytes == 2 ? 256u : 0);
        for (int i = 0; i < lengthBytes; i++)
        {
            header[position++] = (byte)(stored >> (8 * i));
        }

        return position;
    }

    /// <returns>Number of bytes written.</returns>
    private int WriteBlock(byte* block, int length, byte* target, bool isLast)
    {
        byte* content = target + ZstdFormat.BlockHeaderLength;
        if (length >= MinCompressed)
        {
            _counts.Count(block, length);
            if (_counts.Distinct == 1)
            {
                new ZstdBlockHeader(isLast, ZstdBlockType.Repeated, length).Write(target);
                *content = *block;
                return ZstdFormat.BlockHeaderLength + 1;
            }

            if (TryWriteLiterals(block, length, content) is > 0 and int compressed)
            {
                new ZstdBlockHeader(isLast, ZstdBlockType.Compressed, compressed).Write(target);
                return ZstdFormat.BlockHeaderLength + compressed;
            }
        }

        new ZstdBlockHeader(isLast, ZstdBlockType.Raw, length).Write(target);
        new ReadOnlySpan<byte>(block, length).CopyTo(new Span<byte>(content, length));
        return ZstdFormat.BlockHeaderLength + length;
    }

    /// <returns>Number of bytes written; 0 where that would not be worth while.</returns>
    private int TryWriteLiterals(byte* block, int length, byte* target)
    {
        double least = _counts.Entropy(length);
        int most = length - (length / MinGainShare);
        if (least / 8 >= most)
        {
            return 0;
        }

        bool isNew = _redundancy == 0 || _code.Measure(_counts.Total) > least * _redundancy * MinGain;
        if (isNew)
        {
            if (!_other.TryBuild(_counts.Total))
            {
                return 0;
            }

            (_code, _other) = (_other, _code);
            _redundancy = _code.Measure(_counts.Total) / least;
        }

        ReadOnlySpan<byte> description = isNew ? _code.Description : default;
        Span<int> lengths = stackalloc int[LiteralCounts.Quarters];
        int stored = description.Length + JumpTableLength;
        for (int quarter = 0; quarter < lengths.Length; quarter++)
        {
            lengths[quarter] = LiteralStreams.Length(_code.Measure(_counts.Quarter(quarter)));
            stored += lengths[quarter];
        }

        // The byte behind the literals says that there are no sequences.
        int total = LiteralsHeaderLength + stored + 1;
        if (total > most)
        {
            // No reader has seen the new code.
            _redundancy = isNew ? 0 : _redundancy;
            return 0;
        }

        ulong header = (isNew ? CompressedLiterals : TreelessLiterals) | ((ulong)LiteralsFormat << 2) | ((ulong)length << 4) | ((ulong)stored << 22);
        for (int i = 0; i < LiteralsHeaderLength; i++)
        {
            target[i] = (byte)(header >> (8 * i));
        }

        byte* next = target + LiteralsHeaderLength;
        description.CopyTo(new Span<byte>(next, description.Length));
        next += description.Length;
        for (int quarter = 0; quarter < LiteralCounts.Quarters - 1; quarter++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(new Span<byte>(next + (2 * quarter), 2), (ushort)lengths[quarter]);
        }

        fixed (ulong* entries = _code.Entries)
        {
            LiteralStreams.Write(entries, block, length, next + JumpTableLength, lengths);
        }

        target[total - 1] = 0;
        return total;
    }
}
