using System.Buffers;

namespace OcdbtSharp.KvStore.Buffers;

/// <summary>Keeps copies of many small values in few arrays. Not safe to use from several threads at once.</summary>
internal sealed class ByteArena
{
    private const int BlockBytes = 1 << 16;
    private const int LargeBytes = 1 << 13;

    private byte[] _block = [];
    private int _used;
    private ReadOnlyMemory<byte> _last;

    /// <summary>A copy of <paramref name="value"/> that stays valid; the same as for the value before, where both are equal.</summary>
    public ReadOnlyMemory<byte> Copy(in ReadOnlySequence<byte> value)
    {
        if (value.Length > LargeBytes)
        {
            return value.ToArray();
        }

        int length = (int)value.Length;
        if (length == _last.Length && value.IsSingleSegment && value.FirstSpan.SequenceEqual(_last.Span))
        {
            return _last;
        }

        if (length > _block.Length - _used)
        {
            _block = GC.AllocateUninitializedArray<byte>(BlockBytes);
            _used = 0;
        }

        Memory<byte> copy = _block.AsMemory(_used, length);
        value.CopyTo(copy.Span);
        _used += length;
        _last = copy;
        return copy;
    }
}
