namespace OcdbtSharp.Zarr3;

/// <summary>What an array takes in its store.</summary>
/// <param name="ChunkCount">Number of chunks that its shape has; 2^63-1 for more.</param>
/// <param name="StoredChunkCount">Number of chunks that are stored; the others are nothing but the fill value.</param>
/// <param name="StoredBytes">Bytes of the stored chunks.</param>
public sealed record ArrayStorage(long ChunkCount, long StoredChunkCount, long StoredBytes);
