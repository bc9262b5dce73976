using Microsoft.Win32.SafeHandles;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3.Codecs;

namespace OcdbtSharp.Zarr3.Reading;

/// <summary>The elements of a chunk in a temporary file, in the order in which they are stored, for boxes that are asked for in another.</summary>
internal sealed class SpilledChunk : IDisposable
{
    // Runs of a box that lie this near to each other are read together with what is between them.
    private const int MinRun = 4 << 10;

    private readonly CodecPipeline _codecs;
    private readonly SafeFileHandle _file;

    private SpilledChunk(CodecPipeline codecs, SafeFileHandle file)
    {
        _codecs = codecs;
        _file = file;
    }

    /// <summary>Decodes a chunk into a file.</summary>
    /// <param name="codecs">Its codecs, which are <see cref="CodecPipeline.IsStreaming"/>.</param>
    /// <param name="source">Its stored bytes.</param>
    /// <param name="folder">Where the file is made.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where the chunk is missing.</returns>
    /// <exception cref="CorruptDataException">The chunk is damaged.</exception>
    /// <exception cref="StorageException">The file cannot be written.</exception>
    public static async ValueTask<SpilledChunk?> CreateAsync(CodecPipeline codecs, ChunkSource source, string folder, CancellationToken cancellationToken)
    {
        using ElementStream? stream = await ElementStream.OpenAsync(codecs, source, cancellationToken).ConfigureAwait(false);
        if (stream is null)
        {
            return null;
        }

        string path = Path.Combine(folder, $".ocdbt-{Guid.NewGuid():n}.spill");
        SpilledChunk? chunk = null;
        try
        {
            chunk = new SpilledChunk(codecs, File.OpenHandle(
                path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.DeleteOnClose));
            if (!OperatingSystem.IsWindows())
            {
                // What is left behind when the process is killed has no name any more.
                File.Delete(path);
            }

            long offset = 0;
            await stream.ForEachAsync(
                bytes =>
                {
                    for (long done = 0; done < bytes.Length;)
                    {
                        ReadOnlySpan<byte> window = bytes.NextWindow(done);
                        RandomAccess.Write(chunk._file, window, offset + done);
                        done += window.Length;
                    }

                    offset += bytes.Length;
                },
                cancellationToken).ConfigureAwait(false);
            SpilledChunk created = chunk;
            chunk = null;
            return created;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Elements that do not fit into the memory cannot be written here: {error.Message}", path, error);
        }
        finally
        {
            chunk?.Dispose();
        }
    }

    /// <summary>Reads a box.</summary>
    /// <param name="origin">First index of the box in the chunk.</param>
    /// <param name="destination">Where the elements go.</param>
    public void Read(long[] origin, ArrayView destination)
    {
        RawBox box = new(_codecs, origin, destination);
        if (box.Length == 0)
        {
            return;
        }

        foreach ((long first, long length, ArrayView part) in box.Pieces(MinRun))
        {
            using ScratchBuffer scratch = ScratchBuffer.Rent(length);
            for (long done = 0; done < length;)
            {
                Span<byte> window = scratch.Span.NextWindow(done);
                int read = RandomAccess.Read(_file, window[..(int)Math.Min(window.Length, length - done)], first + done);
                done += read > 0 ? read : throw new CorruptDataException("a temporary file of elements was cut off");
            }

            StridedCopy.Copy(scratch.Span, 0, box.StoredStrides, part);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
