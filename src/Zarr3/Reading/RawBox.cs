using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>A box of a chunk whose elements are stored as memory holds them: where its bytes lie.</summary>
internal readonly struct RawBox
{
    // Longest piece that is read at once where the box has gaps.
    public const long MaxPiece = 8 << 20;

    public RawBox(CodecPipeline codecs, ReadOnlySpan<long> origin, in ArrayView destination)
    {
        View = codecs.StoredOrder(destination);
        ReadOnlySpan<long> first = codecs.StoredOrder(origin);
        long[] chunk = codecs.StoredOrder(codecs.Spec.Shape).ToArray();
        StoredStrides = Extents.RowMajorStrides(chunk, codecs.Spec.DataType.Size);
        long last = codecs.Spec.DataType.Size;
        for (int axis = 0; axis < chunk.Length; axis++)
        {
            First += first[axis] * StoredStrides[axis];
            last += (View.Shape[axis] - 1) * StoredStrides[axis];
        }

        Length = Extents.Product(View.Shape) == 0 ? 0 : last;
        IsOneRun = Length == View.ByteCount;
    }

    /// <summary>Where the elements go, with the axes in the order in which they are stored.</summary>
    public ArrayView View { get; }

    /// <summary>Bytes between neighbours in the chunk.</summary>
    public long[] StoredStrides { get; }

    /// <summary>First byte in the chunk.</summary>
    public long First { get; }

    /// <summary>Bytes from the first to the last element, gaps included; 0 where there is no element.</summary>
    public long Length { get; }

    /// <summary>Whether the box has no gaps in the chunk.</summary>
    public bool IsOneRun { get; }

    /// <summary>Cuts the box along its first axes into pieces, until the gaps in a piece are not worth another read.</summary>
    /// <param name="minRun">A run of fewer bytes is read together with its neighbours.</param>
    public IEnumerable<(long First, long Length, ArrayView Destination)> Pieces(int minRun) => Pieces(View, First, 0, minRun);

    private IEnumerable<(long First, long Length, ArrayView Destination)> Pieces(ArrayView view, long first, int axis, int minRun)
    {
        while (axis < view.Shape.Length && view.Shape[axis] == 1)
        {
            axis++;
        }

        long length = view.ElementSize;
        for (int i = 0; i < view.Shape.Length; i++)
        {
            length += (view.Shape[i] - 1) * StoredStrides[i];
        }

        bool dense = length == view.ByteCount || length - view.ByteCount < minRun;
        if (axis == view.Shape.Length || StoredStrides[axis] <= minRun || (dense && length <= MaxPiece))
        {
            yield return (first, length, view);
            yield break;
        }

        long[] shape = [.. view.Shape];

        // Neighbours without a gap are read together, up to the longest piece.
        long together = dense ? Math.Max(1, MaxPiece / StoredStrides[axis]) : 1;
        for (long index = 0; index < view.Shape[axis]; index += together)
        {
            shape[axis] = Math.Min(together, view.Shape[axis] - index);
            long[] origin = new long[shape.Length];
            origin[axis] = index;
            ArrayView part = view.Slice(origin, [.. shape]);
            int nextAxis = together == 1 ? axis + 1 : shape.Length;
            foreach (var piece in Pieces(part, first + index * StoredStrides[axis], nextAxis, minRun))
            {
                yield return piece;
            }
        }
    }
}
