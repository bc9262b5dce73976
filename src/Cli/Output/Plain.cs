using System.Text.Json;

namespace OcdbtSharp.Cli.Output;

/// <summary>Reads one element from its bytes, little-endian.</summary>
internal delegate T Read<out T>(ReadOnlySpan<byte> element);

/// <summary>A format made of how an element is read and how its value is printed.</summary>
internal sealed class Plain<T>(int size, Read<T> read, Func<T, string> toText, Action<Utf8JsonWriter, T> writeJson) : ElementFormat
{
    public override int Size => size;

    public override string ToText(ReadOnlySpan<byte> element) => toText(read(element));

    public override void WriteJson(Utf8JsonWriter json, ReadOnlySpan<byte> element) => writeJson(json, read(element));
}
