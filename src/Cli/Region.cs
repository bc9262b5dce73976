using System.Globalization;

namespace OcdbtSharp.Cli;

/// <summary>A region of an array as Python spells it: <c>0:4,:</c>, <c>-1</c>, <c>...,2:</c>.</summary>
/// <param name="Origin">The first element along each dimension.</param>
/// <param name="Shape">The number of elements along each dimension.</param>
/// <param name="Dimensions">The dimensions that stay: those given as a range, not as an index.</param>
internal readonly record struct Region(long[] Origin, long[] Shape, int[] Dimensions)
{
    private const string Ellipsis = "...";

    /// <summary>The extents of the dimensions that stay.</summary>
    public long[] Kept
    {
        get
        {
            long[] shape = Shape;
            return [.. Dimensions.Select(dimension => shape[dimension])];
        }
    }

    /// <summary>The whole array.</summary>
    public static Region Whole(IReadOnlyList<long> shape) => new(new long[shape.Count], [.. shape], [.. Enumerable.Range(0, shape.Count)]);

    /// <summary>Parses a slice of an array of this shape.</summary>
    /// <exception cref="UsageException">It is no slice, or not within the array.</exception>
    public static Region Parse(string text, IReadOnlyList<long> shape)
    {
        string[] parts = text.Trim().Length == 0 ? [] : text.Split(',', StringSplitOptions.TrimEntries);
        int ellipsis = Array.IndexOf(parts, Ellipsis);
        int given = parts.Length - (ellipsis < 0 ? 0 : 1);
        if (given > shape.Count || parts.Count(part => part == Ellipsis) > 1)
        {
            throw new UsageException($"The slice '{text}' has more parts than the array has dimensions: its shape is [{string.Join(", ", shape)}].");
        }

        Region region = new(new long[shape.Count], [.. shape], []);
        List<int> kept = [];
        for (int dimension = 0; dimension < shape.Count; dimension++)
        {
            int part = ellipsis < 0 || dimension < ellipsis ? dimension
                : dimension >= shape.Count - (given - ellipsis) ? parts.Length - (shape.Count - dimension)
                : -1;
            if (part >= 0 && part < parts.Length)
            {
                bool isIndex;
                (region.Origin[dimension], region.Shape[dimension], isIndex) = ParsePart(parts[part], shape[dimension]);
                if (isIndex)
                {
                    continue;
                }
            }

            kept.Add(dimension);
        }

        return region with { Dimensions = [.. kept] };
    }

    private static (long Origin, long Length, bool IsIndex) ParsePart(string part, long extent)
    {
        string[] bounds = part.Split(':', StringSplitOptions.TrimEntries);
        if (bounds.Length == 1)
        {
            long index = Number(part, part);
            long origin = index < 0 ? index + extent : index;
            return origin >= 0 && origin < extent
                ? (origin, 1, true)
                : throw new UsageException($"Index {index} is not within a dimension of {extent}.");
        }

        if (bounds.Length > 3 || (bounds.Length == 3 && bounds[2] is not ("" or "1")))
        {
            throw new UsageException($"'{part}' is not a slice of the form START:STOP; steps other than 1 are not supported.");
        }

        // As in Python, bounds beyond the array stand for its ends.
        long start = Math.Clamp(Bound(bounds[0], part, 0, extent), 0, extent);
        long stop = Math.Clamp(Bound(bounds[1], part, extent, extent), start, extent);
        return (start, stop - start, false);
    }

    private static long Bound(string text, string part, long otherwise, long extent)
    {
        long number = text.Length == 0 ? otherwise : Number(text, part);
        return number < 0 ? number + extent : number;
    }

    private static long Number(string text, string part) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new UsageException($"'{part}' is not a slice of the form START:STOP.");
}
