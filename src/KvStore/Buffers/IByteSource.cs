namespace OcdbtSharp.KvStore.Buffers;

/// <summary>Bytes that become available from the first one on, as they are asked for.</summary>
internal interface IByteSource
{
    /// <summary>Most bytes that there can be.</summary>
    int Capacity { get; }

    /// <summary>Makes the bytes before <paramref name="end"/> available, as far as there are so many.</summary>
    /// <returns>All that are available: the same memory each time, of which more becomes valid.</returns>
    ReadOnlySpan<byte> Reach(int end);
}
