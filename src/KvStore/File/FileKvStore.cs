using System.Buffers;
using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore.Files;

namespace OcdbtSharp.KvStore;

/// <summary>
/// A folder as a store: each key is the path of a file below it, with <c>/</c> between names, and each value is what the file holds.
/// Values are replaced as a whole, never changed in place, with the lock files and renames of TensorStore's <c>file</c> store, so that
/// programs that use either can write the same folder.
/// </summary>
/// <remarks>
/// Keys that would leave the folder are refused: <c>.</c> or <c>..</c> between slashes, a leading or doubled slash, a NUL. So are names that
/// end in <c>.__lock</c>. Reads take place on the calling thread and are complete when they return; writes take place on the thread pool.
/// On Linux, parts of 2 MiB and more go to the disk past the page cache, where the file system lets them.
/// </remarks>
public sealed class FileKvStore : IPiecewiseKvStore, IChangeDetector, IFileBackedKvStore, ILocatedKvStore
{
    /// <summary>How many files are kept open between partial reads.</summary>
    internal const int OpenFiles = 64;

    private readonly string _root;
    private readonly OpenFileCache _files;

    /// <summary>The store of a folder, which need not exist yet.</summary>
    /// <param name="root">Path of the folder.</param>
    public FileKvStore(string root)
        : this(root, OpenFiles)
    {
    }

    internal FileKvStore(string root, int openFiles)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _root = Path.EndsInDirectorySeparator(Root) ? Root : Root + Path.DirectorySeparatorChar;
        _files = new OpenFileCache(openFiles);
    }

    /// <summary>Full path of the folder.</summary>
    public string Root { get; }

    /// <inheritdoc/>
    public KvStoreCapabilities Capabilities =>
        KvStoreCapabilities.List | KvStoreCapabilities.Write | KvStoreCapabilities.ConditionalWrite | KvStoreCapabilities.RenamePrefix
        | KvStoreCapabilities.PiecewiseWrite;

    /// <summary>The number of files held open at the moment.</summary>
    internal int OpenFileCount => _files.Count;

    /// <inheritdoc/>
    public string Describe(Key key) => _root + key;

    /// <inheritdoc/>
    public ValueTask<ReadResult> ReadAsync(Key key, ReadOptions options = default, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string path = FilePath.Of(_root, key);
        try
        {
            return ValueTask.FromResult(Read(path, options));
        }
        catch (Exception exception) when (IsStorageFailure(exception))
        {
            throw Failure("read", path, exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ReadResult> StatAsync(Key key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(
            FileIdentity.TryGet(FilePath.Of(_root, key), out FileIdentity identity)
                ? new ReadResult(ReadState.Value, default, identity.ToGeneration(), identity.Length)
                : ReadResult.Missing);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ListEntry> ListAsync(KeyRange range = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (ListEntry entry in Listed(FolderListing.List(_root, range)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ListEntry> ListFolderAsync(Key prefix = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (ListEntry entry in Listed(FolderListing.ListFolder(_root, prefix)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<StorageGeneration> WriteAsync(
        Key key, ReadOnlySequence<byte> value, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        string path = FilePath.Of(_root, key);
        FileIdentity? written = await Change(
            "write", path, () => DurableFile.Write(path, value, options.IfEqual, cancellationToken), cancellationToken).ConfigureAwait(false);
        return written?.ToGeneration() ?? StorageGeneration.Unknown;
    }

    /// <inheritdoc/>
    public async ValueTask<ValueWriter> BeginWriteAsync(Key key, CancellationToken cancellationToken = default)
    {
        string path = FilePath.Of(_root, key);
        return await Change("write", path, () => PiecewiseFile.Create(path), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(Key key, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        string path = FilePath.Of(_root, key);
        return await Change(
            "delete", path, () => DurableFile.Delete(path, options.IfEqual, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteRangeAsync(KeyRange range, CancellationToken cancellationToken = default) =>
        await Change(
            "delete",
            _root,
            () =>
            {
                FolderDeletion.Delete(_root, range, cancellationToken);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask RenamePrefixAsync(Key source, Key destination, CancellationToken cancellationToken = default)
    {
        string from = FolderPath(source);
        string to = FolderPath(destination);
        await Change(
            "move",
            from,
            () =>
            {
                Move(from, to);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    IChangeCheck? IChangeDetector.CreateCheck(Key key, StorageGeneration generation) =>
        FileChangeCheck.Create(FilePath.Of(_root, key), generation);

    /// <inheritdoc/>
    ValueTask<FileExtent?> IFileBackedKvStore.FindInFileAsync(Key key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string path = FilePath.Of(_root, key);
        return ValueTask.FromResult<FileExtent?>(FileIdentity.TryGet(path, out FileIdentity identity) ? new FileExtent(path, 0, identity.Length) : null);
    }

    /// <inheritdoc/>
    KvStoreLocation ILocatedKvStore.Location => new(nameof(FileKvStore), OperatingSystem.IsWindows() ? _root.Replace('\\', '/') : _root);

    /// <inheritdoc/>
    IEnumerable<(Key Key, FileInfo File)> ILocatedKvStore.ListUnfinished(Key prefix) => UnfinishedWrites.List(_root, prefix);

    private static void Move(string from, string to)
    {
        if (!Directory.Exists(from))
        {
            return;
        }

        if (Path.Exists(to))
        {
            if (File.Exists(to) || Directory.EnumerateFileSystemEntries(to).Any())
            {
                throw new StorageException("Cannot move a folder here: something is there already.", to);
            }

            Directory.Delete(to);
        }

        DurableFile.CreateFolder(DurableFile.FolderOf(to));
        Directory.Move(from, to);
        DurableFile.FlushFolder(DurableFile.FolderOf(to));
        DurableFile.FlushFolder(DurableFile.FolderOf(from));
    }

    internal static bool IsStorageFailure(Exception exception) => exception is IOException or UnauthorizedAccessException;

    internal static StorageException Failure(string action, string path, Exception exception) =>
        new($"Cannot {action} this: {exception.Message}", path, exception);

    private ReadResult Read(string path, ReadOptions options)
    {
        OpenFile? file = _files.TryAcquire(path);
        bool isCached = file is not null;
        file ??= OpenFile.TryOpen(path);
        if (file is null)
        {
            return ReadResult.Missing;
        }

        try
        {
            long total = file.Identity.Length;
            if (!options.IfNotEqual.IsUnknown && options.IfNotEqual == file.Generation)
            {
                return new ReadResult(ReadState.Unchanged, default, file.Generation, total);
            }

            (long offset, long length) = options.Range.Resolve(total);
            Memory<byte> destination = Destination(options, path, length);
            file.ReadExactly(destination.Span, offset);

            // What is read as a whole is rarely read again; of what is read in parts, more parts will be.
            if (!isCached && length < total)
            {
                _files.Add(file);
            }

            return new ReadResult(ReadState.Value, destination, file.Generation, total);
        }
        finally
        {
            file.Release();
        }
    }

    private static Memory<byte> Destination(ReadOptions options, string path, long length)
    {
        options.CheckDestination(length);
        if (options.Destination is { } given)
        {
            return given[..(int)length];
        }

        return length <= Array.MaxLength
            ? GC.AllocateUninitializedArray<byte>((int)length)
            : throw new StorageException($"The value is too long for one read ({length} bytes): read it in ranges.", path);
    }

    private string FolderPath(Key prefix) =>
        prefix.Length > 1 && prefix.Span[^1] == (byte)'/'
            ? FilePath.Of(_root, new Key(prefix.Bytes[..^1]))
            : throw new ArgumentException($"The prefix '{prefix}' does not end in a slash.", nameof(prefix));

    private IEnumerable<ListEntry> Listed(IEnumerable<ListEntry> found)
    {
        using IEnumerator<ListEntry> entries = found.GetEnumerator();
        while (MoveNext(entries))
        {
            yield return entries.Current;
        }
    }

    private bool MoveNext(IEnumerator<ListEntry> entries)
    {
        try
        {
            return entries.MoveNext();
        }
        catch (Exception exception) when (IsStorageFailure(exception))
        {
            throw Failure("list", _root, exception);
        }
    }

    private Task<T> Change<T>(string action, string path, Func<T> change, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                try
                {
                    return change();
                }
                catch (Exception exception) when (IsStorageFailure(exception))
                {
                    throw Failure(action, path, exception);
                }
                finally
                {
                    if (OperatingSystem.IsWindows())
                    {
                        _files.Clear();
                    }
                }
            },
            cancellationToken);
}
