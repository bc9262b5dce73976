using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Cli.Commands.Kv;

/// <summary>
/// Keys and values as a file of JSON lines: each line an object with <c>key</c> (text) or <c>key_hex</c>, and with <c>value</c> (text),
/// <c>value_hex</c> or <c>value_base64</c>. Empty lines are left out.
/// </summary>
internal static class JsonLines
{
    public static async IAsyncEnumerable<(Key Key, Func<IKvStore, Key, ValueTask> WriteAsync)> ReadAsync(
        string file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (string line in File.ReadLinesAsync(file, cancellationToken))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            (Key key, byte[] value) = Parse(line, file, number);
            yield return (key, async (target, at) => await target.WriteAsync(at, value, default, cancellationToken));
        }
    }

    private static (Key Key, byte[] Value) Parse(string line, string file, long number)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            byte[]? key = null;
            byte[]? value = null;
            foreach (JsonProperty member in document.RootElement.EnumerateObject())
            {
                string text = member.Value.GetString() ?? throw new FormatException($"{member.Name} is null");
                switch (member.Name)
                {
                    case "key":
                        key = Encoding.UTF8.GetBytes(text);
                        break;
                    case "key_hex":
                        key = Convert.FromHexString(text);
                        break;
                    case "value":
                        value = Encoding.UTF8.GetBytes(text);
                        break;
                    case "value_hex":
                        value = Convert.FromHexString(text);
                        break;
                    case "value_base64":
                        value = Convert.FromBase64String(text);
                        break;
                    default:
                        throw new FormatException($"'{member.Name}' is no member of a line: key, key_hex, value, value_hex and value_base64 are");
                }
            }

            return (new Key(key ?? throw new FormatException("there is no key")), value ?? throw new FormatException("there is no value"));
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            throw new StorageException($"Line {number} is no object with a key and a value: {error.Message}.", file, error);
        }
    }
}
