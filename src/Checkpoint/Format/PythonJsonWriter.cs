using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>
/// Writes JSON letter by letter as those do who wrote the file before us: Python's <c>json.dumps</c> puts a space behind commas and colons and
/// escapes every character beyond ASCII, TensorStore's JSON driver does neither.
/// </summary>
internal sealed class PythonJsonWriter(bool compact = false) : IDisposable
{
    // From so many bytes on, text that is done is put aside.
    private const int StepBytes = 256 << 10;

    private readonly ByteWriter _output = new(4096);
    private readonly ByteSegments _done = new();
    private bool _needsComma;

    /// <summary>What was written so far; valid until more is.</summary>
    public ReadOnlySequence<byte> Written
    {
        get
        {
            PutAside();
            return _done.Written;
        }
    }

    public byte[] ToArray() => _done.Length == 0 ? _output.ToArray() : Written.ToArray();

    public void StartObject() => Open((byte)'{');

    public void EndObject() => Close((byte)'}');

    public void StartArray() => Open((byte)'[');

    public void EndArray() => Close((byte)']');

    /// <summary>The name of the member whose value comes next.</summary>
    public void Name(string name)
    {
        Separate();
        Quote(name);
        _output.WriteBytes(compact ? ":"u8 : ": "u8);
        _needsComma = false;
    }

    public void String(string value)
    {
        Separate();
        Quote(value);
        _needsComma = true;
    }

    public void StringOrNull(string? value)
    {
        if (value is null)
        {
            Null();
        }
        else
        {
            String(value);
        }
    }

    public void Number(long value)
    {
        Separate();
        Span<byte> digits = _output.GetSpan(20);
        value.TryFormat(digits, out int length, default, CultureInfo.InvariantCulture);
        _output.Advance(length);
        _needsComma = true;
    }

    public void Boolean(bool value) => Token(value ? "true"u8 : "false"u8);

    public void Null() => Token("null"u8);

    /// <summary>A list of numbers; null for none.</summary>
    public void Shape(IReadOnlyList<long>? shape)
    {
        if (shape is null)
        {
            Null();
            return;
        }

        StartArray();
        foreach (long extent in shape)
        {
            Number(extent);
        }

        EndArray();
    }

    /// <summary>Any value. Numbers keep the digits that they were given with.</summary>
    public void Element(JsonElement value, bool bareNonFinite = false)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                StartObject();
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    Name(member.Name);
                    Element(member.Value, bareNonFinite);
                }

                EndObject();
                break;
            case JsonValueKind.Array:
                StartArray();
                foreach (JsonElement element in value.EnumerateArray())
                {
                    Element(element, bareNonFinite);
                }

                EndArray();
                break;
            case JsonValueKind.String when bareNonFinite && value.GetString() is "NaN" or "Infinity" or "-Infinity":
                Token(Encoding.UTF8.GetBytes(value.GetString()!));
                break;
            case JsonValueKind.String:
                String(value.GetString()!);
                break;
            case JsonValueKind.Number:
                Token(Encoding.UTF8.GetBytes(value.GetRawText()));
                break;
            case JsonValueKind.True or JsonValueKind.False:
                Boolean(value.ValueKind == JsonValueKind.True);
                break;
            default:
                Null();
                break;
        }
    }

    public void Dispose()
    {
        _output.Dispose();
        _done.Dispose();
    }

    private void PutAside()
    {
        _done.Append(_output.Written);
        _output.Clear();
    }

    private void Open(byte bracket)
    {
        Separate();
        _output.WriteByte(bracket);
        _needsComma = false;
    }

    private void Close(byte bracket)
    {
        _output.WriteByte(bracket);
        _needsComma = true;
    }

    private void Token(ReadOnlySpan<byte> token)
    {
        Separate();
        _output.WriteBytes(token);
        _needsComma = true;
    }

    private void Separate()
    {
        if (_output.Length >= StepBytes)
        {
            PutAside();
        }

        if (_needsComma)
        {
            _output.WriteBytes(compact ? ","u8 : ", "u8);
        }
    }

    private void Quote(string text)
    {
        _output.WriteByte((byte)'"');
        int plain = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (IsPlain(c))
            {
                continue;
            }

            WritePlain(text.AsSpan(plain, i - plain));
            plain = i + 1;
            Escape(c);
        }

        WritePlain(text.AsSpan(plain));
        _output.WriteByte((byte)'"');
    }

    private bool IsPlain(char c) => c is >= ' ' and not ('"' or '\\') && (compact || c < '\x7f');

    private void WritePlain(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, (IBufferWriter<byte>)_output);

    private void Escape(char c)
    {
        ReadOnlySpan<byte> shortForm = c switch
        {
            '"' => "\\\""u8,
            '\\' => "\\\\"u8,
            '\n' => "\\n"u8,
            '\r' => "\\r"u8,
            '\t' => "\\t"u8,
            '\b' => "\\b"u8,
            '\f' => "\\f"u8,
            _ => default,
        };
        if (!shortForm.IsEmpty)
        {
            _output.WriteBytes(shortForm);
            return;
        }

        Span<byte> escaped = _output.GetSpan(6);
        "\\u"u8.CopyTo(escaped);
        ((ushort)c).TryFormat(escaped[2..], out _, "x4", CultureInfo.InvariantCulture);
        _output.Advance(6);
    }
}
