using System.Globalization;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Workloads;

/// <summary>Many small keys in an OCDBT database of a folder. Every run opens the database anew, except for the warm reads.</summary>
internal static class KvWorkloads
{
    private const int ValueBytes = 100;

    /// <summary>Puts keys in one transaction into a new database.</summary>
    public static async Task PutAsync(string folder, int count)
    {
        byte[][] values = new byte[count][];
        Random random = new(1);
        for (int i = 0; i < count; i++)
        {
            values[i] = new byte[ValueBytes];
            random.NextBytes(values[i]);
        }

        await Measurement.RunAsync(
            "kv-put",
            (long)count * ValueBytes,
            async () =>
            {
                OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(folder), new OcdbtOptions { Mode = OcdbtOpenMode.CreateNew });
                await using OcdbtTransaction transaction = store.BeginTransaction();
                for (int i = 0; i < count; i++)
                {
                    await transaction.WriteAsync(KeyOf(i), values[i]);
                }

                await transaction.CommitAsync();
            },
            () =>
            {
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }

                return Task.CompletedTask;
            },
            json => json.WriteNumber("keys", count));
    }

    /// <summary>Opens a database and lists all its keys.</summary>
    public static async Task ListAsync(string folder)
    {
        int keys = 0;
        await Measurement.RunAsync(
            "kv-list",
            0,
            async () =>
            {
                keys = 0;
                OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(folder));
                await foreach (ListEntry entry in store.ListAsync())
                {
                    keys++;
                }
            },
            more: json => json.WriteNumber("keys", keys));
    }

    /// <summary>Reads random keys of a database whose nodes are in memory; whether the manifest has changed is asked once in a while.</summary>
    /// <param name="folder">The database.</param>
    /// <param name="count">How many.</param>
    /// <param name="staleness">How long ago that may be, in seconds; 0 to ask before each key.</param>
    public static async Task GetAsync(string folder, int count, double staleness)
    {
        OcdbtOptions options = new() { MaxStaleness = TimeSpan.FromSeconds(staleness) };
        OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(folder), options);
        List<Key> keys = await store.ListAsync().Select(entry => entry.Key).ToListAsync();
        Random random = new(1);
        Key[] chosen = [.. Enumerable.Range(0, count).Select(_ => keys[random.Next(keys.Count)])];
        await Measurement.RunAsync(
            "kv-get",
            (long)count * ValueBytes,
            async () =>
            {
                foreach (Key key in chosen)
                {
                    if (!(await store.ReadAsync(key)).HasValue)
                    {
                        throw new InvalidDataException($"The key '{key}' is missing.");
                    }
                }
            },
            more: json =>
            {
                json.WriteNumber("keys", count);
                json.WriteNumber("max_staleness_s", options.MaxStaleness.TotalSeconds);
            });
    }

    /// <summary>Opens a database and reads one key.</summary>
    public static Task OpenAndGetAsync(string folder, string key) => Measurement.RunAsync(
        "kv-open-get",
        0,
        async () =>
        {
            OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(folder));
            if (!(await store.ReadAsync(key)).HasValue)
            {
                throw new InvalidDataException($"The key '{key}' is missing.");
            }
        });

    /// <summary>The keys that <see cref="PutAsync"/> puts.</summary>
    private static string KeyOf(int index) => string.Create(CultureInfo.InvariantCulture, $"key/{index:d8}");
}
