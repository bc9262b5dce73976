namespace OcdbtSharp.Zarr3.Reading;

/// <summary>Neighbouring indices along an axis that are neighbours in what is read as well.</summary>
/// <param name="First">The first index in the array or chunk.</param>
/// <param name="Position">Where it comes in what is read.</param>
/// <param name="Count">Number of indices.</param>
internal readonly record struct IndexRun(long First, long Position, long Count)
{
    /// <summary>A range of indices that are read in their order.</summary>
    public static IndexRun[] Of(long first, long count) => count == 0 ? [] : [new IndexRun(first, 0, count)];

    /// <summary>Indices in any order, as runs in the order of the array.</summary>
    public static IndexRun[] Of(long[] indices)
    {
        long[] sorted = [.. indices];
        long[] positions = new long[indices.Length];
        for (int i = 0; i < positions.Length; i++)
        {
            positions[i] = i;
        }

        Array.Sort(sorted, positions);
        List<IndexRun> runs = [];
        for (int i = 0; i < sorted.Length; i++)
        {
            if (runs.Count > 0 && runs[^1] is { } last && sorted[i] == last.First + last.Count && positions[i] == last.Position + last.Count)
            {
                runs[^1] = last with { Count = last.Count + 1 };
            }
            else
            {
                runs.Add(new IndexRun(sorted[i], positions[i], 1));
            }
        }

        return [.. runs];
    }
}
