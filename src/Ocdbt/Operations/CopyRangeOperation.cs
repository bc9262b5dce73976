using System.Runtime.CompilerServices;
using System.Text;
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
    /// <summary>The entries of a version, with the data files seen from the target.</summary>
    /// <param name="io">The database that is copied from.</param>
    /// <param name="version">Its version.</param>
    /// <param name="range">The keys to copy.</param>
    /// <param name="dataPath">The path from the target to the source; empty or ending in <c>/</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async IAsyncEnumerable<(Key Key, LeafValue Value)> RunAsync(
        IoHandle io,
        BtreeGenerationReference version,
        KeyRange range,
        ReadOnlyMemory<byte> dataPath,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Entries of one node name few files, over and over.
        Dictionary<DataFileId, DataFileId> files = [];
        await foreach ((Key key, LeafValue value) in ListOperation.RunAsync(io, version, range, cancellationToken).ConfigureAwait(false))
        {
            if (value.IsInline)
            {
                yield return (key, value);
                continue;
            }

            IndirectDataReference location = value.Location;
            if (!files.TryGetValue(location.File, out DataFileId? seen))
            {
                seen = location.File.Below(dataPath.Span);
                files.Add(location.File, seen);
            }

            yield return (key, new LeafValue(location with { File = seen }));
        }
    }

    /// <summary>The path from one base store to another that lies below it or is the same.</summary>
    /// <exception cref="ArgumentException">It does not lie below it.</exception>
    public static ReadOnlyMemory<byte> DataPath(IKvStore target, IKvStore source)
    {
        (IKvStore targetStore, Key targetPrefix) = Unwrap(target);
        (IKvStore sourceStore, Key sourcePrefix) = Unwrap(source);
        if (targetStore is FileKvStore targetFolder && sourceStore is FileKvStore sourceFolder)
        {
            (targetPrefix, sourcePrefix) = (FullPath(targetFolder, targetPrefix), FullPath(sourceFolder, sourcePrefix));
        }
        else if (!ReferenceEquals(targetStore, sourceStore))
        {
            throw NotBelow(target, source);
        }

        return sourcePrefix.StartsWith(targetPrefix) ? sourcePrefix.Bytes[targetPrefix.Length..] : throw NotBelow(target, source);
    }

    private static (IKvStore Store, Key Prefix) Unwrap(IKvStore store) =>
        store is PrefixKvStore prefixed ? (prefixed.Store, prefixed.Prefix) : (store, Key.Empty);

    private static Key FullPath(FileKvStore folder, Key prefix)
    {
        string root = OperatingSystem.IsWindows() ? folder.Root.Replace('\\', '/') : folder.Root;
        return new Key(Encoding.UTF8.GetBytes(root.EndsWith('/') ? root : root + "/")).Append(prefix);
    }

    private static ArgumentException NotBelow(IKvStore target, IKvStore source) => new(
        $"Only a database below this one can be copied by reference: '{source.Describe(Manifest.FileName)}' does not lie below "
        + $"'{target.Describe(Key.Empty)}'.",
        nameof(source));
}
