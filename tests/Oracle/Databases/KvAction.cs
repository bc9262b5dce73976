using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Oracle.Tests.Databases;

/// <summary>A write, a delete or the delete of a range, which either library can be asked for.</summary>
/// <param name="Kind"><c>write</c>, <c>delete</c> or <c>delete_range</c>.</param>
/// <param name="Key">The key, or the first of a range.</param>
/// <param name="Max">The first key behind a range; null for none.</param>
/// <param name="Value">What is written.</param>
/// <param name="Condition">What a write depends on: <c>missing</c>, <c>current</c> or <c>other</c>, which never holds; null for nothing.</param>
internal sealed record KvAction(string Kind, Key Key, Key? Max = null, byte[]? Value = null, string? Condition = null)
{
    /// <summary>As the operation <c>database</c> takes it.</summary>
    public JsonArray ToJson() => Kind switch
    {
        "write" => new(Kind, Text(Key), Convert.ToBase64String(Value!), Condition),
        "delete" => new(Kind, Text(Key)),
        _ => new(Kind, Text(Key), Max is { } max ? Text(max) : null),
    };

    /// <summary>Does it with our library.</summary>
    /// <returns>Whether a write took place; null for everything else.</returns>
    public async Task<bool?> RunAsync(IKvStore store)
    {
        switch (Kind)
        {
            case "write":
                StorageGeneration expected = Condition switch
                {
                    null => default,
                    "missing" => StorageGeneration.NoValue,
                    "current" => (await store.ReadAsync(Key)).Generation,
                    _ => new StorageGeneration("no such generation"),
                };
                return !(await store.WriteAsync(Key, Value.AsMemory(), new WriteOptions { IfEqual = expected })).IsUnknown;
            case "delete":
                await store.DeleteAsync(Key);
                return null;
            default:
                await store.DeleteRangeAsync(new KeyRange(Key, Max));
                return null;
        }
    }

    /// <summary>Does it with what the database is expected to hold.</summary>
    /// <returns>As of <see cref="RunAsync"/>.</returns>
    public bool? Apply(SortedDictionary<Key, byte[]> model)
    {
        switch (Kind)
        {
            case "write":
                bool holds = Condition is null or "current" || (Condition == "missing" && !model.ContainsKey(Key));
                if (holds)
                {
                    model[Key] = Value!;
                }

                return holds;
            case "delete":
                model.Remove(Key);
                return null;
            default:
                KeyRange range = new(Key, Max);
                foreach (Key covered in model.Keys.Where(range.Contains).ToArray())
                {
                    model.Remove(covered);
                }

                return null;
        }
    }

    /// <summary>A key as the Python program takes it.</summary>
    public static string Text(Key key) => Convert.ToBase64String(key.Bytes.Span);

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} '{Key}'{(Max is { } max ? $" to '{max}'" : "")} {Value?.Length} {Condition}";
}
