using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>
/// Finds the entries of another database as this one is to hold them: values in data files are not copied, but referred to where they lie, below
/// the path from this database to the other.
/// </summary>
internal static class CopyRangeOperation
{
    /// <summary>The entries of a version as the target is to hold them, leaf by leaf.</summary>
    /// <param name="io">The database that is copied from.</param>
    /// <param name="version">Its version.</param>
    /// <param name="range">The keys to copy.</param>
    /// <param name="sourcePrefix">What is taken off the keys.</param>
    /// <param name="targetPrefix">What is put before them.</param>
    /// <param name="dataPath">The path from the target to the source; empty or ending in <c>/</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async IAsyncEnumerable<Graft> RunAsync(
        IoHandle io,
        BtreeGenerationReference version,
        KeyRange range,
        Key sourcePrefix,
        Key targetPrefix,
        ReadOnlyMemory<byte> dataPath,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Entries of one node name few files, over and over.
        Dictionary<DataFileId, DataFileId> files = [];
        await foreach (LeafRun run in ListOperation.RunsAsync(io, version, range, cancellationToken).ConfigureAwait(false))
        {
            if (run.Count == 0)
            {
                continue;
            }

            Key[] keys = new Key[run.Count];
            LeafValue[] values = new LeafValue[run.Count];
            for (int i = 0; i < run.Count; i++)
            {
                Key key = run.Key(i);
                keys[i] = sourcePrefix.Length + targetPrefix.Length == 0 ? key : targetPrefix.Append(new Key(key.Bytes[sourcePrefix.Length..]));
                values[i] = Seen(run.Value(i), files, dataPath.Span);
            }

            // A root is never taken over: it may be small, and so TensorStore's shape of a merge comes about. Nor is a leaf that keeps, in its own
            // keys, some of what is to be taken off.
            BtreeNodeReference node = run.Reference is { } reference && run.IsWhole && run.PrefixLength >= sourcePrefix.Length
                ? reference with { Location = Seen(reference.Location, files, dataPath.Span) }
                : BtreeNodeReference.Missing;
            yield return new Graft(new ChildEntry(keys[0].Bytes, run.PrefixLength - sourcePrefix.Length + targetPrefix.Length, node), keys, values);
        }
    }

    /// <summary>The root of another database as the target is to hold it, which then refers to all of it and reads none of it.</summary>
    /// <param name="version">The version of the other database.</param>
    /// <param name="dataPath">The path from the target to the source; empty or ending in <c>/</c>.</param>
    public static BtreeGenerationReference Seen(BtreeGenerationReference version, ReadOnlyMemory<byte> dataPath)
    {
        IndirectDataReference location = version.Root.Location;
        return version with { Root = version.Root with { Location = location with { File = location.File.Below(dataPath.Span) } } };
    }

    private static LeafValue Seen(LeafValue value, Dictionary<DataFileId, DataFileId> files, ReadOnlySpan<byte> dataPath) =>
        value.IsInline ? value : new LeafValue(Seen(value.Location, files, dataPath));

    /// <summary>A location as it is seen from the target.</summary>
    private static IndirectDataReference Seen(IndirectDataReference location, Dictionary<DataFileId, DataFileId> files, ReadOnlySpan<byte> dataPath)
    {
        if (!files.TryGetValue(location.File, out DataFileId? seen))
        {
            seen = location.File.Below(dataPath);
            files.Add(location.File, seen);
        }

        return location with { File = seen };
    }

    /// <summary>The path from one base store to another that lies below it or is the same.</summary>
    /// <exception cref="ArgumentException">It does not lie below it.</exception>
    public static ReadOnlyMemory<byte> DataPath(IKvStore target, IKvStore source)
    {
        KvStoreLocation above = KvStoreLocation.Of(target);
        KvStoreLocation below = KvStoreLocation.Of(source);
        return above.Space.Equals(below.Space) && below.Path.StartsWith(above.Path) ? below.Path.Bytes[above.Path.Length..] : throw NotBelow(target, source);
    }

    private static ArgumentException NotBelow(IKvStore target, IKvStore source) => new(
        $"Only a database below this one can be copied by reference: '{source.Describe(Manifest.FileName)}' does not lie below "
        + $"'{target.Describe(Key.Empty)}'.",
        nameof(source));
}
