// A writer for tests of several processes. Arguments: what to do, the folder of the database, the kind of its manifest, and more.
using System.Globalization;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

OcdbtConfig config = new()
{
    ManifestKind = Enum.Parse<OcdbtManifestKind>(args[2]),
    MaxDecodedNodeBytes = 2000,
    VersionTreeArityLog2 = 3,
};
OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(args[1]), new OcdbtOptions { Mode = OcdbtOpenMode.OpenOrCreate, Config = config });
return args[0] switch
{
    "commit" => await CommitAsync(store),
    "add" => await AddAsync(store, args[3], int.Parse(args[4], CultureInfo.InvariantCulture)),
    _ => throw new ArgumentException($"What is '{args[0]}'?"),
};

// Commits for ever, each time eight values that must agree and one more entry of a log, and prints the number of each commit that is done.
static async Task<int> CommitAsync(OcdbtStore store)
{
    for (long number = await store.ListAsync(KeyRange.Prefix("log/")).CountAsync() + 1; ; number++)
    {
        OcdbtTransaction transaction = store.BeginTransaction();
        await using (transaction)
        {
            for (int part = 0; part < 8; part++)
            {
                // Short values lie in nodes, long ones in data files.
                byte[] value = new byte[8 + (part * 60)];
                Array.Fill(value, (byte)number);
                BitConverter.TryWriteBytes(value, number);
                await transaction.WriteAsync($"part/{part}", value);
            }

            await transaction.WriteAsync($"log/{number:d8}", "");
            if (!await transaction.CommitAsync())
            {
                throw new InvalidOperationException("Nobody else writes here.");
            }
        }

        Console.WriteLine(number);
    }
}

// Adds keys of its own, several at once, and increments a counter that others increment too, once for each key.
static async Task<int> AddAsync(OcdbtStore store, string name, int count)
{
    const int AtOnce = 10;
    for (int done = 0; done < count; done += AtOnce)
    {
        await Task.WhenAll(Enumerable.Range(done, AtOnce).Select(i => store.WriteAsync($"key/{name}/{i:d5}", $"value {i}").AsTask()));
        for (int added = 0; added < AtOnce;)
        {
            ReadResult read = await store.ReadAsync("counter");
            int value = read.HasValue ? int.Parse(read.Value.Span, CultureInfo.InvariantCulture) : 0;
            string next = (value + 1).ToString(CultureInfo.InvariantCulture);
            StorageGeneration written = await store.WriteAsync("counter", next, new WriteOptions { IfEqual = read.Generation });
            added += written.IsUnknown ? 0 : 1;
        }
    }

    return 0;
}
