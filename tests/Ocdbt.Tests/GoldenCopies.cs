using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Ocdbt.Tests;

/// <summary>Golden databases in memory, where they can be changed.</summary>
internal static class GoldenCopies
{
    public static async Task<MemoryKvStore> CopyAsync(this GoldenCase golden)
    {
        FileKvStore source = new(golden.Data);
        MemoryKvStore copy = new();
        await foreach (ListEntry entry in source.ListAsync())
        {
            await source.CopyToAsync(entry.Key, copy, entry.Key);
        }

        return copy;
    }
}
