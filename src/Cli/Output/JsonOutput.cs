using System.Text.Encodings.Web;
using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Cli.Output;

/// <summary>Results for programs.</summary>
internal static class JsonOutput
{
    /// <summary>How results are written: the output is no part of a web page, so text stays legible.</summary>
    public static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one JSON value to standard output as it comes.</summary>
    public static async Task WriteAsync(ToolConsole console, Func<Utf8JsonWriter, Task> write)
    {
        await using (Utf8JsonWriter json = new(console.Output, Options))
        {
            await write(json);
        }

        console.Output.WriteByte((byte)'\n');
    }

    /// <summary>Writes one JSON value to standard output.</summary>
    public static void Write(ToolConsole console, Action<Utf8JsonWriter> write)
    {
        using (Utf8JsonWriter json = new(console.Output, Options))
        {
            write(json);
        }

        console.Output.WriteByte((byte)'\n');
    }

    /// <summary>A list of lengths or indices in one line.</summary>
    public static void WriteNumbers(this Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<long>? numbers)
    {
        json.WritePropertyName(name);
        if (numbers is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteRawValue("[" + string.Join(", ", numbers) + "]", skipInputValidation: true);
    }

    /// <summary>A list of files with their lengths.</summary>
    public static void WriteFiles(this Utf8JsonWriter json, string name, IReadOnlyList<ListEntry> files)
    {
        json.WriteStartArray(name);
        foreach (ListEntry file in files)
        {
            json.WriteStartObject();
            json.WriteString("file", file.Key.ToString());
            json.WriteNumber("length", file.Length);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
