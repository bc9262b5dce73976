using System.IO.Compression;
using OcdbtSharp.KvStore;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Decodes gzip and zlib piece by piece.</summary>
internal sealed class InflateStreamDecoder : StreamDecoder
{
    private readonly string _name;
    private readonly Input _input = new();
    private readonly Stream _inflater;
    private readonly ScratchBuffer _buffer = ScratchBuffer.Rent(PieceLength);
    private bool _hasBytes;

    /// <param name="name">The codec, for errors.</param>
    /// <param name="format">What lies around the deflated data.</param>
    public InflateStreamDecoder(string name, DeflateFormat format)
    {
        _name = name;
        _inflater = format == DeflateFormat.Gzip ? new GZipStream(_input, CompressionMode.Decompress) : new ZLibStream(_input, CompressionMode.Decompress);
    }

    /// <inheritdoc/>
    public override unsafe LongMemory Read(ReadOnlyLongSpan encoded, bool isEnd, out long used)
    {
        fixed (byte* bytes = &encoded.First)
        {
            _input.Set(bytes, encoded.Length);
            try
            {
                // A read that finds no more input gives what it has, and goes on where it stopped when there is more.
                int read = _inflater.Read(_buffer.Span.Window(0, PieceLength));
                used = _input.Used;
                _hasBytes |= read > 0;
                return isEnd && read == 0 && used == encoded.Length && !_hasBytes && encoded.Length > 0
                    ? throw new CorruptDataException($"codec {_name}: the compressed bytes are damaged or cut off")
                    : _buffer.Memory.Slice(0, read);
            }
            catch (InvalidDataException exception)
            {
                throw new CorruptDataException($"codec {_name}: the compressed bytes are damaged or cut off", innerException: exception);
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _inflater.Dispose();
        _buffer.Dispose();
    }

    /// <summary>The bytes that there are now, as a stream.</summary>
    private sealed unsafe class Input : Stream
    {
        private byte* _bytes;
        private long _length;

        public long Used { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Set(byte* bytes, long length)
        {
            _bytes = bytes;
            _length = length;
            Used = 0;
        }

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, _length - Used);
            new ReadOnlySpan<byte>(_bytes + Used, count).CopyTo(buffer);
            Used += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
