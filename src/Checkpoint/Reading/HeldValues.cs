using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Reading;

/// <summary>The chunks of several small arrays, read together: in a database they mostly lie one behind the other.</summary>
internal sealed class HeldValues
{
    private readonly Dictionary<int, ReadOnlyMemory<byte>> _values;

    private HeldValues(Dictionary<int, ReadOnlyMemory<byte>> values) => _values = values;

    /// <summary>Reads chunks.</summary>
    /// <param name="leaves">The leaves whose chunks are read.</param>
    /// <param name="counter">Counts the bytes that are read; null where nobody asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where nothing is gained by it, or where it failed: the reads of the arrays then tell which one of them it is.</returns>
    public static async ValueTask<HeldValues?> ReadAsync(IEnumerable<LeafSource> leaves, ByteCounter? counter, CancellationToken cancellationToken)
    {
        SnapshotKvStore? keys = null;
        List<int> indices = [];
        foreach (LeafSource leaf in leaves)
        {
            if (leaf is ZarrLeafSource { Store: StoredArrayKvStore { Keys.ReadsTogether: true } store })
            {
                keys = store.Keys;
                store.AddSmallChunks(indices);
            }
        }

        if (keys is null)
        {
            return null;
        }

        try
        {
            ReadOnlyMemory<byte>?[] contents = await keys.ReadManyAsync(indices, cancellationToken).ConfigureAwait(false);
            Dictionary<int, ReadOnlyMemory<byte>> values = new(indices.Count);
            for (int i = 0; i < contents.Length; i++)
            {
                if (contents[i] is { } content)
                {
                    // The keys of an array may lie among those of another: every key begins with the name of a tree that is one array.
                    values[indices[i]] = content;
                    counter?.Add(content.Length);
                }
            }

            return new HeldValues(values);
        }
        catch (OcdbtSharpException)
        {
            return null;
        }
    }

    /// <summary>The value of a key.</summary>
    public bool TryGet(int index, out ReadOnlyMemory<byte> value) => _values.TryGetValue(index, out value);
}
