using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>What frames tell before they are decoded.</summary>
/// <param name="Count">Number of frames with content.</param>
/// <param name="MaxContentLength">The greatest length that their content can have, in bytes.</param>
internal readonly record struct ZstdFrames(int Count, ulong MaxContentLength)
{
    /// <summary>Walks over the headers of all frames and blocks.</summary>
    /// <exception cref="CorruptDataException">The bytes are not whole frames.</exception>
    public static unsafe ZstdFrames Measure(ReadOnlyLongSpan source)
    {
        int count = 0;
        ulong total = 0;
        fixed (byte* start = &source.First)
        {
            byte* position = start;
            byte* end = start + source.Length;
            while (position < end)
            {
                ReadOnlySpan<byte> next = new(position, (int)Math.Min(ZstdFrameHeader.MaxLength, end - position));
                if (!ZstdFrameHeader.TryRead(next, out ZstdFrameHeader header) || header.Length > end - position)
                {
                    ThrowCutOff();
                }

                position += header.Length;
                if (header.IsSkippable)
                {
                    continue;
                }

                ulong blocks = 0;
                ZstdBlockHeader block;
                do
                {
                    if (end - position < ZstdFormat.BlockHeaderLength)
                    {
                        ThrowCutOff();
                    }

                    block = ZstdBlockHeader.Read(position);
                    position += ZstdFormat.BlockHeaderLength;
                    if (end - position < block.StoredLength)
                    {
                        ThrowCutOff();
                    }

                    position += block.StoredLength;
                    blocks++;
                }
                while (!block.IsLast);

                if (header.HasChecksum && end - position < ZstdFormat.ChecksumLength)
                {
                    ThrowCutOff();
                }

                position += header.HasChecksum ? ZstdFormat.ChecksumLength : 0;
                count++;

                // A frame cannot hold more than its blocks can, whatever it says.
                ulong most = blocks * Math.Min(header.Window, ZstdFormat.MaxBlockLength);
                total += header.ContentLength is { } length && length < most ? length : most;
            }
        }

        return new ZstdFrames(count, total);
    }

    private static void ThrowCutOff() => ZstdError.ThrowCorrupt("a Zstandard frame is cut off");
}
