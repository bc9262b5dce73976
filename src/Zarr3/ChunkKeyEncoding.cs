using System.Buffers.Text;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3;

/// <summary>How the position of a chunk becomes its key: <c>c/0/1</c> by default in version 3, <c>0.1</c> in version 2.</summary>
/// <param name="IsDefault">Whether keys begin with <c>c</c>; otherwise as in version 2.</param>
/// <param name="Separator"><c>/</c> or <c>.</c>.</param>
internal readonly record struct ChunkKeyEncoding(bool IsDefault, char Separator)
{
    // A number of 64 bits and the separator before it.
    private const int MaxIndexLength = 20;

    public Key Encode(ReadOnlySpan<long> index)
    {
        Span<byte> buffer = stackalloc byte[(FormatLimits.MaxRank + 1) * MaxIndexLength];
        int length = 0;
        if (IsDefault)
        {
            buffer[length++] = (byte)'c';
        }
        else if (index.IsEmpty)
        {
            buffer[length++] = (byte)'0';
        }

        foreach (long position in index)
        {
            if (length > 0)
            {
                buffer[length++] = (byte)Separator;
            }

            Utf8Formatter.TryFormat(position, buffer[length..], out int written);
            length += written;
        }

        return new Key(buffer[..length].ToArray());
    }

    /// <summary>Reads a key back; false where it is not that of a chunk.</summary>
    public bool TryDecode(Key key, Span<long> index)
    {
        ReadOnlySpan<byte> rest = key.Bytes.Span;
        if (IsDefault)
        {
            if (rest.IsEmpty || rest[0] != (byte)'c')
            {
                return false;
            }

            rest = rest[1..];
        }
        else if (index.IsEmpty)
        {
            return rest is [(byte)'0'];
        }

        for (int axis = 0; axis < index.Length; axis++)
        {
            if (axis > 0 || IsDefault)
            {
                if (rest.IsEmpty || rest[0] != (byte)Separator)
                {
                    return false;
                }

                rest = rest[1..];
            }

            if (!Utf8Parser.TryParse(rest, out index[axis], out int read) || !(char.IsAsciiDigit((char)rest[0])) || (rest[0] == (byte)'0' && read > 1))
            {
                return false;
            }

            rest = rest[read..];
        }

        return rest.IsEmpty;
    }
}
