namespace OcdbtSharp.KvStore;

/// <summary>The part of a value that a read asks for: an offset and a length, everything from an offset on, or the last bytes.</summary>
public readonly record struct ByteRange
{
    private ByteRange(long offset, long? length)
    {
        Offset = offset;
        Length = length;
    }

    /// <summary>The whole value.</summary>
    public static ByteRange All => default;

    /// <summary>First byte; negative for a suffix: that many bytes before the end.</summary>
    public long Offset { get; }

    /// <summary>Number of bytes; null for all up to the end.</summary>
    public long? Length { get; }

    /// <summary>Whether this is the whole value.</summary>
    public bool IsAll => Offset == 0 && Length is null;

    /// <summary>Whether the range counts from the end.</summary>
    public bool IsSuffix => Offset < 0;

    /// <summary><paramref name="length"/> bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Either is negative, or their sum is beyond 2^63-1.</exception>
    public static ByteRange FromOffset(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, long.MaxValue - offset);
        return new ByteRange(offset, length);
    }

    /// <summary>All bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    public static ByteRange From(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new ByteRange(offset, null);
    }

    /// <summary>The last <paramref name="length"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is not positive.</exception>
    public static ByteRange Last(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return new ByteRange(-length, null);
    }

    /// <summary>Where the range lies in a value of <paramref name="size"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the value.</exception>
    public (long Offset, long Length) Resolve(long size)
    {
        long offset = IsSuffix ? size + Offset : Offset;
        if (offset < 0 || offset > size || Length > size - offset)
        {
            throw new ArgumentOutOfRangeException(nameof(size), $"Byte range {this} is not within a value of {size} bytes.");
        }

        return (offset, Length ?? size - offset);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"[{Offset}, {(Length is { } length ? Offset + length : "end")})");
}
