using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore.Files;

/// <summary>
/// Writes to an open file. Of large parts the whole blocks go to the disk past the page cache, where Linux and the file system let them: no copy is kept
/// that nobody may ever read, nothing else is driven out of memory, and the flush at the end finds little left to do. It changes nothing
/// about durability: what was written is to be flushed as before. Safe to use from many threads at once, for parts that do not overlap.
/// </summary>
/// <param name="file">The file, which stays the caller's.</param>
/// <param name="path">Its path.</param>
internal sealed class DirectWriter(SafeFileHandle file, string path) : IDisposable
{
    // What every disk takes as the unit of addresses, offsets and lengths.
    private const int BlockSize = 4096;

    // Shorter parts are gathered by the page cache.
    private const int MinDirect = 2 << 20;

    // Bytes of one write of what has to be copied to an aligned address first.
    private const int PieceLength = 4 << 20;

    private readonly Lock _lock = new();
    private SafeFileHandle? _direct;
    private bool _isRefused = !OperatingSystem.IsLinux() || LibC.DirectFlag is null;

    /// <summary>Writes bytes at an offset.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        long first = (offset + BlockSize - 1) / BlockSize * BlockSize;
        long end = (offset + bytes.Length) / BlockSize * BlockSize;
        if (bytes.Length < MinDirect || Open() is not { } direct)
        {
            RandomAccess.Write(file, bytes, offset);
            return;
        }

        int head = (int)(first - offset);
        int blocks = (int)(end - first);
        RandomAccess.Write(file, bytes[..head], offset);
        if (!TryWriteBlocks(direct, bytes.Slice(head, blocks), first))
        {
            RandomAccess.Write(file, bytes.Slice(head, blocks), first);
        }

        RandomAccess.Write(file, bytes[(head + blocks)..], end);
    }

    /// <inheritdoc/>
    public void Dispose() => _direct?.Dispose();

    private SafeFileHandle? Open()
    {
        lock (_lock)
        {
            if (!_isRefused && _direct is null)
            {
                try
                {
                    _direct = LibC.Open(path, LibC.WriteOnly | LibC.DirectFlag.GetValueOrDefault());
                }
                catch (StorageException)
                {
                    // File systems in memory and some over networks have no such writes.
                }

                _isRefused = _direct is null;
            }

            return _isRefused ? null : _direct;
        }
    }

    private bool TryWriteBlocks(SafeFileHandle direct, ReadOnlySpan<byte> blocks, long offset)
    {
        try
        {
            if (IsAligned(blocks))
            {
                RandomAccess.Write(direct, blocks, offset);
                return true;
            }

            using ScratchBuffer aligned = ScratchBuffer.Rent(PieceLength);
            for (int done = 0; done < blocks.Length;)
            {
                Span<byte> piece = aligned.Span.Window(0, Math.Min(PieceLength, blocks.Length - done));
                blocks.Slice(done, piece.Length).CopyTo(piece);
                RandomAccess.Write(direct, piece, offset + done);
                done += piece.Length;
            }

            return true;
        }
        catch (Exception exception) when (FileKvStore.IsStorageFailure(exception))
        {
            // Whether such writes are refused or the disk has failed, the ordinary write tells.
            lock (_lock)
            {
                _isRefused = true;
            }

            return false;
        }
    }

    private static unsafe bool IsAligned(ReadOnlySpan<byte> bytes) =>
        (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes)) % BlockSize == 0;
}
