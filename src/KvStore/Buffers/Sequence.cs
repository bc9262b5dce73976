using System.Buffers;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>Pieces of memory seen as one.</summary>
internal static class Sequence
{
    /// <summary>The pieces one behind the other; they are borrowed.</summary>
    public static ReadOnlySequence<byte> Of(IEnumerable<byte[]> pieces) => Of(pieces.Select(piece => (ReadOnlyMemory<byte>)piece));

    /// <inheritdoc cref="Of(IEnumerable{byte[]})"/>
    public static ReadOnlySequence<byte> Of(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        Segment? first = null;
        Segment? last = null;
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            last = last is null ? new Segment(piece, 0) : last.Append(piece);
            first ??= last;
        }

        return first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            Segment next = new(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
