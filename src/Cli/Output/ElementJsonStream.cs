using System.Text.Json;

namespace OcdbtSharp.Cli.Output;

/// <summary>Takes the elements of an array as bytes, and writes them as JSON lists within lists while they come.</summary>
internal sealed class ElementJsonStream : Stream
{
    private const int MaxPending = 1 << 16;

    private readonly Utf8JsonWriter _json;
    private readonly ElementFormat _format;
    private readonly long[] _shape;
    private readonly long[] _index;
    private readonly byte[] _element;
    private int _length;

    /// <param name="json">Where the lists are written.</param>
    /// <param name="format">How an element is written.</param>
    /// <param name="shape">Elements along each axis.</param>
    public ElementJsonStream(Utf8JsonWriter json, ElementFormat format, long[] shape)
    {
        _json = json;
        _format = format;
        _shape = shape;
        _index = new long[shape.Length];
        _element = new byte[format.Size];
        Begin(0);
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(_element.Length - _length, buffer.Length);
            buffer[..count].CopyTo(_element.AsSpan(_length));
            buffer = buffer[count..];
            _length += count;
            if (_length == _element.Length)
            {
                _length = 0;
                _format.WriteJson(_json, _element);
                End(_shape.Length - 1);
            }
        }

        if (_json.BytesPending > MaxPending)
        {
            _json.Flush();
        }
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush() => _json.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Begins the lists from an axis on, down to the next element.</summary>
    private void Begin(int axis)
    {
        for (; axis < _shape.Length; axis++)
        {
            _json.WriteStartArray();
            if (_shape[axis] == 0)
            {
                _json.WriteEndArray();
                End(axis - 1);
                return;
            }
        }
    }

    /// <summary>Ends what is complete with the last element of an axis, and goes on to the next.</summary>
    private void End(int axis)
    {
        for (; axis >= 0; axis--)
        {
            if (++_index[axis] < _shape[axis])
            {
                Begin(axis + 1);
                return;
            }

            _index[axis] = 0;
            _json.WriteEndArray();
        }
    }
}
