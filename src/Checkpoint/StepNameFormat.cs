using System.Globalization;

namespace OcdbtSharp.Checkpoint;

/// <summary>How the folders of steps are named: <c>23</c>, <c>0023</c>, <c>step_23</c>, <c>step_0023</c>, or several such formats at once.</summary>
public sealed class StepNameFormat
{
    private readonly string _prefix;
    private readonly int? _fixedLength;
    private readonly bool _any;
    private readonly StepNameFormat[] _alternatives;

    private StepNameFormat(string prefix, int? fixedLength, bool any, StepNameFormat[] alternatives)
    {
        _prefix = prefix;
        _fixedLength = fixedLength;
        _any = any;
        _alternatives = alternatives;
    }

    /// <summary>
    /// Every name that ends in a number, with anything and an underscore before it or nothing: what is assumed where no format is given. It names new
    /// steps by their number alone.
    /// </summary>
    public static StepNameFormat Any { get; } = new("", null, true, []);

    /// <summary>The format of Orbax.</summary>
    /// <param name="prefix">What stands before the number and an underscore; null for the number alone.</param>
    /// <param name="fixedLength">The least number of digits, filled with zeros; null for no zeros.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fixedLength"/> is negative.</exception>
    public static StepNameFormat Standard(string? prefix = null, int? fixedLength = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fixedLength ?? 0, nameof(fixedLength));
        return new StepNameFormat(prefix is null ? "" : prefix + "_", fixedLength, false, []);
    }

    /// <summary>Reads steps of several formats and names new ones by one of them.</summary>
    /// <param name="write">The format of new steps.</param>
    /// <param name="read">All formats; the first that fits a name is taken.</param>
    /// <exception cref="ArgumentException"><paramref name="write"/> is not among <paramref name="read"/>.</exception>
    public static StepNameFormat Composite(StepNameFormat write, params IReadOnlyList<StepNameFormat> read)
    {
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(read);
        if (!read.Contains(write))
        {
            throw new ArgumentException("The format of new steps must be among those that are read.", nameof(read));
        }

        return new StepNameFormat(write._prefix, write._fixedLength, false, [.. read]);
    }

    /// <summary>The name of a step.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public string BuildName(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        string digits = step.ToString(CultureInfo.InvariantCulture);
        return _prefix + digits.PadLeft(_fixedLength ?? 0, '0');
    }

    /// <summary>The number of the step that is named so.</summary>
    /// <returns>Whether the name is of this format.</returns>
    public bool TryParse(string name, out long step)
    {
        ArgumentNullException.ThrowIfNull(name);
        step = 0;
        if (_alternatives.Length > 0)
        {
            foreach (StepNameFormat alternative in _alternatives)
            {
                if (alternative.TryParse(name, out step))
                {
                    return true;
                }
            }

            return false;
        }

        string digits;
        if (_any)
        {
            int underscore = name.LastIndexOf('_');
            digits = underscore == 0 ? "" : name[(underscore + 1)..];
        }
        else
        {
            digits = name.StartsWith(_prefix, StringComparison.Ordinal) ? name[_prefix.Length..] : "";
        }

        return HasRightLength(digits) && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out step);
    }

    /// <summary>Of folders with the same number, the one that is meant: that of the first format, or the last by name where no format says how it is named.</summary>
    internal StepInfo? Choose(long step, IReadOnlyList<StepInfo> folders)
    {
        StepInfo[] same = [.. folders.Where(folder => folder.Step == step)];
        return _alternatives.Select(format => Array.Find(same, folder => folder.Name == format.BuildName(step))).FirstOrDefault(found => found is not null)
            ?? same.LastOrDefault();
    }

    private bool HasRightLength(string digits)
    {
        bool zeroFirst = digits.StartsWith('0');
        return digits.Length > 0
            && (_any
                || (_fixedLength is > 0 ? digits.Length == _fixedLength || (digits.Length > _fixedLength && !zeroFirst)
                    : digits.Length == 1 || !zeroFirst));
    }
}
