using System.Buffers;
using System.Buffers.Binary;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Ocdbt.Format;

/// <summary>
/// Wraps a body that may be long: from a certain length on it is compressed while it is written, so that neither the body nor what it becomes is ever in
/// one piece. Dispose of it after the last use of what it made.
/// </summary>
/// <param name="magic">The magic number of the structure.</param>
/// <param name="compression">How the body is compressed.</param>
/// <param name="expectedBytes">About how long the body becomes.</param>
internal sealed class EnvelopeWriter(uint magic, OcdbtCompression compression, long expectedBytes) : IDisposable
{
    private const int StepBytes = 256 << 10;

    private readonly ByteSegments _long = new();
    private ByteWriter? _short;
    private ZstdStream? _stream;

    /// <summary>Takes the body.</summary>
    public ByteWriter Body { get; } = new((int)Math.Clamp(expectedBytes, 1 << 8, 2 * StepBytes));

    /// <summary>Takes over what is in <see cref="Body"/>, where that has become long. To be called between two parts of the body.</summary>
    public void Flush()
    {
        if (Body.Length >= StepBytes)
        {
            TakeBody(isLast: false);
        }
    }

    /// <summary>Ends the body.</summary>
    /// <returns>The whole structure; valid until this is disposed of.</returns>
    public ReadOnlySequence<byte> Finish()
    {
        if (_long.Length == 0)
        {
            _short = new ByteWriter(Envelope.MaxLength(Body.Length, compression));
            Envelope.Encode(Body.Written, magic, compression, _short);
            return new ReadOnlySequence<byte>(_short.WrittenMemory);
        }

        TakeBody(isLast: true);
        BinaryPrimitives.WriteUInt64LittleEndian(_long.First[sizeof(uint)..], (ulong)_long.Length + Envelope.ChecksumLength);
        uint checksum = 0;
        foreach (ReadOnlyMemory<byte> piece in _long.Written)
        {
            checksum = Crc32C.Compute(piece.Span, checksum);
        }

        Span<byte> stored = stackalloc byte[Envelope.ChecksumLength];
        BinaryPrimitives.WriteUInt32LittleEndian(stored, checksum);
        _long.Append(stored);
        return _long.Written;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Body.Dispose();
        _short?.Dispose();
        _long.Dispose();
    }

    private void TakeBody(bool isLast)
    {
        if (_long.Length == 0)
        {
            Span<byte> header = stackalloc byte[Envelope.HeaderLength + 2];
            BinaryPrimitives.WriteUInt32BigEndian(header, magic);
            header[Envelope.HeaderLength..].Clear();
            if (compression.ZstdLevel is { } level)
            {
                header[^1] = 1;
                _stream = new ZstdStream(level);
            }

            _long.Append(header);
        }

        if (_stream is { } stream)
        {
            ReadOnlySpan<byte> rest = Body.Written;
            bool isDone;
            do
            {
                isDone = stream.Compress(ref rest, _long.Room(), out int written, isLast);
                _long.Advance(written);
            }
            while (!isDone);
        }
        else
        {
            _long.Append(Body.Written);
        }

        Body.Clear();
    }
}
