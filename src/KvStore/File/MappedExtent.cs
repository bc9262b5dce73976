using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace OcdbtSharp.KvStore.Files;

/// <summary>
/// A part of a file that is mapped into memory, to be read only. The mapping lasts until it is disposed or collected, also where the file is deleted or
/// replaced meanwhile.
/// </summary>
internal sealed unsafe class MappedExtent : IDisposable
{
    // Where no bytes lie; as aligned as a page, like all the others.
    private const nint Nowhere = 4096;

    private readonly MemoryMappedViewAccessor? _view;
    private nint _address;

    private MappedExtent(MemoryMappedViewAccessor? view, long length)
    {
        _view = view;

        // The view's handle is a critical one that unmaps itself; counting references to it would only keep it from that.
        _address = view is null ? Nowhere : view.SafeMemoryMappedViewHandle.DangerousGetHandle() + (nint)view.PointerOffset;
        Length = length;
    }

    /// <summary>No bytes.</summary>
    public static MappedExtent Empty => new(null, 0);

    public long Length { get; }

    /// <summary>The first byte; not to be touched where there is none.</summary>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            return (byte*)_address;
        }
    }

    /// <summary>Maps a part of a file.</summary>
    /// <exception cref="CorruptDataException">The file ends before the part does.</exception>
    /// <exception cref="StorageException">There is no such file, or it cannot be mapped.</exception>
    public static MappedExtent Open(FileExtent extent)
    {
        OpenFile file = OpenFile.TryOpen(extent.Path) ?? throw new StorageException("There is no such file.", extent.Path);
        try
        {
            new FileExtent(extent.Path, 0, file.Identity.Length).Slice(extent.Offset, extent.Length);
            return extent.Length == 0 ? Empty : new MappedExtent(Map(file.Handle, extent), extent.Length);
        }
        catch (Exception exception) when (FileKvStore.IsStorageFailure(exception) || exception is ArgumentException)
        {
            throw FileKvStore.Failure("map", extent.Path, exception);
        }
        finally
        {
            file.Release();
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _address, 0) != 0)
        {
            _view?.Dispose();
        }
    }

    // What is mapped stays so when the file is closed.
    private static MemoryMappedViewAccessor Map(SafeFileHandle handle, FileExtent extent)
    {
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(
            handle, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        return file.CreateViewAccessor(extent.Offset, extent.Length, MemoryMappedFileAccess.Read);
    }
}
