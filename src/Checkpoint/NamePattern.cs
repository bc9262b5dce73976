namespace OcdbtSharp.Checkpoint;

/// <summary>Patterns for names: <c>*</c> stands for any characters, <c>?</c> for one, everything else for itself.</summary>
internal static class NamePattern
{
    /// <summary>Whether a name fits a pattern as a whole.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int position = 0;
        int index = 0;
        int star = -1;
        int afterStar = 0;
        while (index < name.Length)
        {
            if (position < pattern.Length && pattern[position] == '*')
            {
                star = position++;
                afterStar = index;
            }
            else if (position < pattern.Length && (pattern[position] == '?' || pattern[position] == name[index]))
            {
                position++;
                index++;
            }
            else if (star >= 0)
            {
                // The last star takes one character more; earlier ones need not change.
                position = star + 1;
                index = ++afterStar;
            }
            else
            {
                return false;
            }
        }

        return pattern[position..].TrimStart('*').IsEmpty;
    }
}
