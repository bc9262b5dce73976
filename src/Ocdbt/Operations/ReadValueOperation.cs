using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Gives out a value that was found in a leaf, or a part of it.</summary>
internal static class ReadValueOperation
{
    /// <param name="io">The database.</param>
    /// <param name="value">The value.</param>
    /// <param name="place">The key, for error messages.</param>
    /// <param name="options">The part, the condition and where the bytes go.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<ReadResult> RunAsync(
        IoHandle io, LeafValue value, string place, ReadOptions options, CancellationToken cancellationToken)
    {
        StorageGeneration generation = LeafGeneration.Of(value);
        if (!options.IfNotEqual.IsUnknown && options.IfNotEqual == generation)
        {
            return new ReadResult(ReadState.Unchanged, default, generation, value.Length);
        }

        (long offset, long length) = options.Range.Resolve(value.Length);
        if (options.Destination is { } room && room.Length < length)
        {
            throw new ArgumentException($"The destination has {room.Length} bytes; {length} were asked for.", nameof(options));
        }

        if (!value.IsInline)
        {
            if (length > Array.MaxLength)
            {
                throw new StorageException($"The value has {length} bytes, too many for one read: read it in ranges.", place);
            }

            ReadOnlyMemory<byte> read = length == 0
                ? default
                : await io.ReadValueAsync(value.Location, offset, length, options.Destination, cancellationToken).ConfigureAwait(false);
            return new ReadResult(ReadState.Value, read, generation, value.Length);
        }

        ReadOnlyMemory<byte> part = value.Inline.Slice((int)offset, (int)length);
        if (options.Destination is { } destination)
        {
            part.CopyTo(destination);
            part = destination[..part.Length];
        }

        return new ReadResult(ReadState.Value, part, generation, value.Length);
    }
}
