using System.Runtime.CompilerServices;

namespace OcdbtSharp.Zarr3;

/// <content>
/// Two axes of which each is the fastest on another side are copied in square tiles. A tile is gathered row by row from the source, transposed, and
/// scattered row by row to the destination, so that each side's cache line is touched once. Where rows lie a power of two apart, as they do in most arrays,
/// the lines of a tile would push each other out of the cache otherwise.
/// </content>
internal static partial class StridedCopy
{
    // Bytes of a row of a panel of tiles: the pages of memory that a panel lies in are looked up once for all its tiles.
    private const int PanelRow = 512;

    // Tiles of longer elements, or of only a few, are copied straight from one side to the other: they take few lines of the cache.
    private const int DirectTile = 32;
    private const int NarrowBytes = 32;

    /// <summary>The axis along which neighbours are closest in the source; axes that repeat one element are not.</summary>
    private static int FastestOfSource(ReadOnlySpan<Axis> axes)
    {
        int fastest = axes.Length - 1;
        for (int axis = axes.Length - 2; axis >= 0; axis--)
        {
            if (axes[axis].Source != 0 && (axes[fastest].Source == 0 || axes[axis].Source < axes[fastest].Source))
            {
                fastest = axis;
            }
        }

        return fastest;
    }

    private static void CopyPlanes(ref byte from, ref byte to, ReadOnlySpan<Axis> outer, Axis sourceFast, Axis destinationFast, long run)
    {
        if (outer.IsEmpty)
        {
            CopyPlane(ref from, ref to, sourceFast, destinationFast, run);
            return;
        }

        for (long i = 0; i < outer[0].Extent; i++)
        {
            CopyPlanes(
                ref Unsafe.Add(ref from, (nint)(i * outer[0].Source)),
                ref Unsafe.Add(ref to, (nint)(i * outer[0].Destination)),
                outer[1..],
                sourceFast,
                destinationFast,
                run);
        }
    }

    private static void CopyPlane(ref byte from, ref byte to, Axis sourceFast, Axis destinationFast, long run)
    {
        long extent = Math.Max(1, PanelRow / run);
        for (long row = 0; row < destinationFast.Extent; row += extent)
        {
            Axis rows = destinationFast with { Extent = Math.Min(extent, destinationFast.Extent - row) };
            for (long column = 0; column < sourceFast.Extent; column += extent)
            {
                Axis columns = sourceFast with { Extent = Math.Min(extent, sourceFast.Extent - column) };
                ref byte source = ref Unsafe.Add(ref from, (nint)(row * rows.Source + column * columns.Source));
                ref byte target = ref Unsafe.Add(ref to, (nint)(row * rows.Destination + column * columns.Destination));
                CopyPanel(ref source, ref target, columns, rows, run);
            }
        }
    }

    private static void CopyPanel(ref byte from, ref byte to, Axis sourceFast, Axis destinationFast, long run)
    {
        bool isNarrow = Math.Min(sourceFast.Extent, destinationFast.Extent) * run < NarrowBytes;
        switch (run)
        {
            case 1 when !isNarrow:
                CopyTiles<byte>(ref from, ref to, sourceFast, destinationFast);
                break;
            case 2 when !isNarrow:
                CopyTiles<ushort>(ref from, ref to, sourceFast, destinationFast);
                break;
            case 4 when !isNarrow:
                CopyTiles<uint>(ref from, ref to, sourceFast, destinationFast);
                break;
            default:
                CopyDirectTiles(ref from, ref to, sourceFast, destinationFast, run);
                break;
        }
    }

    private static void CopyTiles<T>(ref byte from, ref byte to, Axis sourceFast, Axis destinationFast)
        where T : unmanaged
    {
        int extent = TileTranspose.Extent<T>();
        Span<T> gathered = stackalloc T[extent * extent];
        Span<T> transposed = stackalloc T[extent * extent];
        for (long row = 0; row < destinationFast.Extent; row += extent)
        {
            int rows = (int)Math.Min(extent, destinationFast.Extent - row);
            for (long column = 0; column < sourceFast.Extent; column += extent)
            {
                int columns = (int)Math.Min(extent, sourceFast.Extent - column);
                ref byte source = ref Unsafe.Add(ref from, (nint)(row * destinationFast.Source + column * sourceFast.Source));
                ref byte target = ref Unsafe.Add(ref to, (nint)(row * destinationFast.Destination + column * sourceFast.Destination));
                Gather(ref source, gathered, rows, columns, (nint)destinationFast.Source, (nint)sourceFast.Source);
                TileTranspose.Transpose(gathered, transposed, rows, columns);
                Scatter(transposed, ref target, columns, rows, (nint)sourceFast.Destination, (nint)destinationFast.Destination);
            }
        }
    }

    private static void Gather<T>(ref byte source, Span<T> tile, int rows, int columns, nint rowStride, nint columnStride)
        where T : unmanaged
    {
        int extent = TileTranspose.Extent<T>();
        for (int row = 0; row < rows; row++)
        {
            ref byte line = ref Unsafe.Add(ref source, row * rowStride);
            Span<T> target = tile.Slice(row * extent, extent);
            if (columns == extent && columnStride == Unsafe.SizeOf<T>())
            {
                Unsafe.CopyBlockUnaligned(ref Unsafe.As<T, byte>(ref target[0]), ref line, TileTranspose.RowBytes);
                continue;
            }

            for (int column = 0; column < columns; column++)
            {
                target[column] = Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref line, column * columnStride));
            }
        }
    }

    private static void Scatter<T>(ReadOnlySpan<T> tile, ref byte target, int rows, int columns, nint rowStride, nint columnStride)
        where T : unmanaged
    {
        int extent = TileTranspose.Extent<T>();
        for (int row = 0; row < rows; row++)
        {
            ref byte line = ref Unsafe.Add(ref target, row * rowStride);
            ReadOnlySpan<T> source = tile.Slice(row * extent, extent);
            if (columns == extent && columnStride == Unsafe.SizeOf<T>())
            {
                Unsafe.CopyBlockUnaligned(ref line, in Unsafe.As<T, byte>(ref Unsafe.AsRef(in source[0])), TileTranspose.RowBytes);
                continue;
            }

            for (int column = 0; column < columns; column++)
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref line, column * columnStride), source[column]);
            }
        }
    }

    private static void CopyDirectTiles(ref byte from, ref byte to, Axis sourceFast, Axis destinationFast, long run)
    {
        for (long column = 0; column < sourceFast.Extent; column += DirectTile)
        {
            long end = Math.Min(column + DirectTile, sourceFast.Extent);
            for (long row = 0; row < destinationFast.Extent; row += DirectTile)
            {
                Axis line = destinationFast with { Extent = Math.Min(DirectTile, destinationFast.Extent - row) };
                for (long i = column; i < end; i++)
                {
                    CopyLine(
                        ref Unsafe.Add(ref from, (nint)(i * sourceFast.Source + row * line.Source)),
                        ref Unsafe.Add(ref to, (nint)(i * sourceFast.Destination + row * line.Destination)),
                        line,
                        run);
                }
            }
        }
    }
}
