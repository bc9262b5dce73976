using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Gives out a value that was found in a leaf, or a part of it.</summary>
internal static class ReadValueOperation
{
    /// <summary>Reads a value, or a part of it.</summary>
    public static async ValueTask<ReadResult> RunAsync(IoHandle io, LeafValue value, ReadOptions options, CancellationToken cancellationToken)
    {
        if (value.IsInline)
        {
            return Inline(value, options);
        }

        StorageGeneration generation = LeafGeneration.Of(value);
        if (!options.IfNotEqual.IsUnknown && options.IfNotEqual == generation)
        {
            return new ReadResult(ReadState.Unchanged, default, generation, value.Length);
        }

        (long offset, long length) = options.Range.Resolve(value.Length);
        options.CheckDestination(length);
        if (length > Array.MaxLength)
        {
            throw new StorageException(
                $"The value has {length} bytes, too many for one read: read it in ranges.", io.Describe(value.Location));
        }

        ReadOnlyMemory<byte> read = length == 0
            ? default
            : await io.ReadValueAsync(value.Location, offset, length, options.Destination, cancellationToken).ConfigureAwait(false);
        return new ReadResult(ReadState.Value, read, generation, value.Length);
    }

    /// <summary>Gives out a value that lies within its node.</summary>
    public static ReadResult Inline(LeafValue value, in ReadOptions options)
    {
        StorageGeneration generation = LeafGeneration.Of(value);
        if (!options.IfNotEqual.IsUnknown && options.IfNotEqual == generation)
        {
            return new ReadResult(ReadState.Unchanged, default, generation, value.Length);
        }

        return new ReadResult(ReadState.Value, options.Slice(value.Inline), generation, value.Length);
    }
}
