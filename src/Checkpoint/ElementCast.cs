using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;
using OcdbtSharp.Zarr3.Types;

namespace OcdbtSharp.Checkpoint;

/// <summary>Converts elements that may take more than 2 GiB.</summary>
internal static class ElementCast
{
    private const int Window = 1 << 20;

    /// <summary>Converts elements.</summary>
    /// <param name="source">The elements, little-endian.</param>
    /// <param name="from">Their type.</param>
    /// <param name="destination">Room for as many elements of the other type.</param>
    /// <param name="to">The other type.</param>
    /// <exception cref="ArgumentException">There is no such conversion.</exception>
    public static void Convert(ReadOnlyLongSpan source, DataType from, LongSpan destination, DataType to)
    {
        long count = source.Length / from.Size;
        for (long first = 0; first < count; first += Window)
        {
            int length = (int)Math.Min(Window, count - first);
            ElementConversion.Convert(from, source.Window(first * from.Size, length * from.Size), to, destination.Window(first * to.Size, length * to.Size));
        }
    }
}
