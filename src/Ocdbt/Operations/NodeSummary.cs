using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>What the parents of a B-tree node must agree with.</summary>
/// <param name="Height">Height of the node.</param>
/// <param name="Statistics">Sums over the node and all below it.</param>
/// <param name="FirstKey">The first key of the node, as it stores it.</param>
/// <param name="LastKey">The last key of the leaves below it, without what the path to the node gives.</param>
/// <param name="MaxKeyLength">Length of the longest key below it, without what the path to the node gives.</param>
/// <param name="IsWhole">Whether all below it could be read, so that the sums and the last key are right.</param>
internal sealed record NodeSummary(byte Height, BtreeNodeStatistics Statistics, byte[] FirstKey, byte[] LastKey, int MaxKeyLength, bool IsWhole)
{
    /// <summary>About how many bytes of memory this takes, with its place in a dictionary.</summary>
    public long MemoryBytes => 256 + FirstKey.Length + LastKey.Length;
}
