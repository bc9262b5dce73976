namespace OcdbtSharp.Checkpoint.Save;

/// <summary>
/// The stable sort of Python. Where values have an order, every stable sort gives the same; where one of them is not a number, which is neither less nor greater,
/// what comes out depends on which are compared. For up to 63 values this compares the same ones as CPython does.
/// </summary>
internal static class PythonSort
{
    /// <summary>
    /// Sorts in place: 1. the run at the beginning that is in order already, turned round where it falls; 2. each further value is put to its place, which is
    /// searched for by halving.
    /// </summary>
    public static void Sort<T>(List<T> values, Func<T, T, bool> isLess)
    {
        for (int next = SortFirstRun(values, isLess); next < values.Count; next++)
        {
            T value = values[next];
            int low = 0;
            for (int high = next; low < high;)
            {
                int middle = low + ((high - low) >> 1);
                if (isLess(value, values[middle]))
                {
                    high = middle;
                }
                else
                {
                    low = middle + 1;
                }
            }

            values.RemoveAt(next);
            values.Insert(low, value);
        }
    }

    private static int SortFirstRun<T>(List<T> values, Func<T, T, bool> isLess)
    {
        if (values.Count < 2)
        {
            return values.Count;
        }

        bool falls = isLess(values[1], values[0]);
        int end = 2;
        while (end < values.Count && isLess(values[end], values[end - 1]) == falls)
        {
            end++;
        }

        if (falls)
        {
            values.Reverse(0, end);
        }

        return end;
    }
}
