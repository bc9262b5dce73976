using System.Runtime.InteropServices;
using System.Text.Json;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Format;

/// <summary>Texts and shapes read lately from a file. Neighbours mostly have the same, which then are one object for all of them.</summary>
internal sealed class RecentValues
{
    /// <summary>The most dimensions that a shape may have.</summary>
    private const int MaxRank = 1024;

    private const int Slots = 64;

    private readonly string?[] _texts = new string?[Slots];
    private readonly long[]?[] _shapes = new long[Slots][];
    private readonly List<long> _shape = [];

    /// <summary>Reads the current token, a string; null for <c>null</c>.</summary>
    public string? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.IsEmpty)
        {
            return reader.GetString();
        }

        ReadOnlySpan<byte> utf8 = reader.ValueSpan;
        ref string? recent = ref _texts[((31 * utf8.Length) + utf8[^1]) % Slots];
        return recent is not null && reader.ValueTextEquals(recent) ? recent : recent = reader.GetString();
    }

    /// <summary>Reads an array of sizes, whose first token is the current one.</summary>
    /// <exception cref="CorruptDataException">It is something else.</exception>
    public long[] Shape(ref Utf8JsonReader reader, string what)
    {
        JsonTokens.Expect(ref reader, JsonTokenType.StartArray, what);
        _shape.Clear();
        uint hash = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            long size = reader.GetInt64();
            if (size < 0 || _shape.Count == MaxRank)
            {
                throw new CorruptDataException($"{what}: {size} is not a size, or there are too many.", offset: reader.TokenStartIndex);
            }

            _shape.Add(size);
            hash = (31 * hash) + (uint)size + 1;
        }

        ref long[]? recent = ref _shapes[hash % Slots];
        return recent is not null && recent.AsSpan().SequenceEqual(CollectionsMarshal.AsSpan(_shape)) ? recent : recent = [.. _shape];
    }
}
