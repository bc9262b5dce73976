namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// Sorts suffixes in linear time by induced sorting (Nong, Zhang and Chan 2009): the leftmost suffixes of each rising stretch are sorted first,
/// by recursion where they are not all different, and the order of all others follows from theirs.
/// </summary>
internal ref struct SuffixArray
{
    private readonly ReadOnlySpan<int> _text;
    private readonly Span<int> _order;
    private readonly bool[] _rises;
    private readonly int[] _startOfFalling;
    private readonly int[] _startOfRising;
    private readonly int[] _next;

    private SuffixArray(ReadOnlySpan<int> text, int largest, Span<int> order)
    {
        _text = text;
        _order = order;
        _rises = new bool[text.Length];
        _startOfFalling = new int[largest + 2];
        _startOfRising = new int[largest + 2];
        _next = new int[largest + 2];
    }

    /// <summary>Gives the starts of all suffixes in their order; one that begins another comes before it.</summary>
    /// <param name="text">The text, of numbers from 0 to <paramref name="largest"/>.</param>
    /// <param name="largest">The largest number.</param>
    /// <param name="order">Room for as many starts as the text is long.</param>
    public static void Sort(ReadOnlySpan<int> text, int largest, Span<int> order)
    {
        if (text.Length < 2)
        {
            order[..text.Length].Clear();
            return;
        }

        new SuffixArray(text, largest, order[..text.Length]).Sort(largest);
    }

    private readonly void Sort(int largest)
    {
        int length = _text.Length;
        for (int i = length - 2; i >= 0; i--)
        {
            _rises[i] = _text[i] == _text[i + 1] ? _rises[i + 1] : _text[i] < _text[i + 1];
        }

        // Of the suffixes that begin with a number those that fall come before those that rise.
        for (int i = 0; i < length; i++)
        {
            if (_rises[i])
            {
                _startOfFalling[_text[i] + 1]++;
            }
            else
            {
                _startOfRising[_text[i]]++;
            }
        }

        for (int number = 0; number <= largest; number++)
        {
            _startOfRising[number] += _startOfFalling[number];
            _startOfFalling[number + 1] += _startOfRising[number];
        }

        int[] numbers = new int[length + 1];
        Array.Fill(numbers, -1);
        int count = 0;
        for (int i = 1; i < length; i++)
        {
            if (!_rises[i - 1] && _rises[i])
            {
                numbers[i] = count++;
            }
        }

        int[] starts = new int[count];
        for (int i = 1; i < length; i++)
        {
            if (numbers[i] >= 0)
            {
                starts[numbers[i]] = i;
            }
        }

        Induce(starts);
        if (count > 0)
        {
            SortStarts(numbers, starts);
        }
    }

    /// <summary>Sorts the stretches by the order that their first parts have, and from them all suffixes.</summary>
    private readonly void SortStarts(int[] numbers, int[] starts)
    {
        int count = starts.Length;
        int[] sorted = new int[count];
        int found = 0;
        foreach (int start in _order)
        {
            if (numbers[start] >= 0)
            {
                sorted[found++] = start;
            }
        }

        int[] names = new int[count];
        int name = 0;
        for (int i = 1; i < count; i++)
        {
            name += IsSameStretch(sorted[i - 1], sorted[i], numbers, starts) ? 0 : 1;
            names[numbers[sorted[i]]] = name;
        }

        int[] order = new int[count];
        Sort(names, name, order);
        for (int i = 0; i < count; i++)
        {
            sorted[i] = starts[order[i]];
        }

        Induce(sorted);
    }

    private readonly bool IsSameStretch(int left, int right, int[] numbers, int[] starts)
    {
        int leftEnd = numbers[left] + 1 < starts.Length ? starts[numbers[left] + 1] : _text.Length;
        int rightEnd = numbers[right] + 1 < starts.Length ? starts[numbers[right] + 1] : _text.Length;
        return leftEnd - left == rightEnd - right && leftEnd < _text.Length && rightEnd < _text.Length
            && _text[left..(leftEnd + 1)].SequenceEqual(_text[right..(rightEnd + 1)]);
    }

    /// <summary>Puts the order of all suffixes together from that of the stretches' starts.</summary>
    private readonly void Induce(ReadOnlySpan<int> starts)
    {
        _order.Fill(-1);
        _startOfRising.CopyTo(_next, 0);
        foreach (int start in starts)
        {
            _order[_next[_text[start]]++] = start;
        }

        _startOfFalling.CopyTo(_next, 0);
        _order[_next[_text[^1]]++] = _text.Length - 1;
        for (int i = 0; i < _order.Length; i++)
        {
            int start = _order[i] - 1;
            if (start >= 0 && !_rises[start])
            {
                _order[_next[_text[start]]++] = start;
            }
        }

        _startOfFalling.CopyTo(_next, 0);
        for (int i = _order.Length - 1; i >= 0; i--)
        {
            int start = _order[i] - 1;
            if (start >= 0 && _rises[start])
            {
                _order[--_next[_text[start] + 1]] = start;
            }
        }
    }
}
