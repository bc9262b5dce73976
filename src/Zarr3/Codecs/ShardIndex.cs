using System.Buffers.Binary;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// Where the inner chunks of a shard lie: an offset and a length for each, in C order, both 2^64-1 where the inner chunk is missing.
/// Offsets count from the first byte of the shard.
/// </summary>
internal sealed class ShardIndex
{
    /// <summary>Bytes of one entry before the index codecs.</summary>
    public const int EntryLength = 16;

    private const ulong Missing = ulong.MaxValue;

    private readonly ulong[] _numbers;

    private ShardIndex(ulong[] numbers) => _numbers = numbers;

    /// <summary>Number of inner chunks.</summary>
    public long Count => _numbers.Length / 2;

    /// <summary>An index in which every inner chunk is missing.</summary>
    public static ShardIndex Empty(long count)
    {
        ulong[] numbers = new ulong[checked(2 * count)];
        numbers.AsSpan().Fill(Missing);
        return new ShardIndex(numbers);
    }

    /// <summary>Reads an index and checks every entry.</summary>
    /// <param name="encoded">The bytes of the index alone.</param>
    /// <param name="codecs">The index codecs.</param>
    /// <param name="shardLength">Bytes of the whole shard.</param>
    public static ShardIndex Decode(ReadOnlySpan<byte> encoded, CodecPipeline codecs, long shardLength)
    {
        byte[] bytes = new byte[codecs.Spec.ByteCount];
        codecs.Decode(encoded, ArrayView.RowMajor(bytes, codecs.Spec.Shape, sizeof(ulong)));
        ulong[] numbers = new ulong[bytes.Length / sizeof(ulong)];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)));
        }

        ShardIndex index = new(numbers);
        for (int chunk = 0; chunk < index.Count; chunk++)
        {
            ulong offset = numbers[2 * chunk];
            ulong length = numbers[2 * chunk + 1];
            if ((offset, length) != (Missing, Missing) && (offset > (ulong)shardLength || length > (ulong)shardLength - offset))
            {
                throw new CorruptDataException(
                    $"codec sharding_indexed: inner chunk {chunk} lies at [{offset}, {offset} + {length}) of a shard of {shardLength} bytes");
            }
        }

        return index;
    }

    public byte[] Encode(CodecPipeline codecs)
    {
        byte[] bytes = new byte[_numbers.Length * sizeof(ulong)];
        for (int i = 0; i < _numbers.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), _numbers[i]);
        }

        using EncodedChunk encoded = codecs.Encode(ArrayView.RowMajor(bytes, codecs.Spec.Shape, sizeof(ulong)));
        return encoded.Span.Window(0, (int)encoded.Length).ToArray();
    }

    /// <summary>Where an inner chunk lies; false where it is missing.</summary>
    public bool TryGet(long chunk, out long offset, out long length)
    {
        offset = (long)_numbers[2 * chunk];
        length = (long)_numbers[2 * chunk + 1];
        return _numbers[2 * chunk] != Missing || _numbers[2 * chunk + 1] != Missing;
    }

    public void Set(long chunk, long offset, long length)
    {
        _numbers[2 * chunk] = (ulong)offset;
        _numbers[2 * chunk + 1] = (ulong)length;
    }
}
