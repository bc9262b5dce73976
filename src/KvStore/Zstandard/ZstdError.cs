using System.Diagnostics.CodeAnalysis;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>The errors of the decoder, out of the way of its loops.</summary>
internal static class ZstdError
{
    [DoesNotReturn]
    public static void ThrowCorrupt(string problem) => throw new CorruptDataException(problem);
}
