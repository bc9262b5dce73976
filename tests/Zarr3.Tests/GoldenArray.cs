using System.Security.Cryptography;
using System.Text.Json;
using OcdbtSharp.KvStore;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Zarr3.Tests;

/// <summary>An array of a golden case: where it lies and what it holds.</summary>
internal sealed record GoldenArray(GoldenCase Case, string Path, JsonElement Expect)
{
    public string DataType => Expect.GetProperty("dtype").GetString()!;

    public long[] Shape => [.. Expect.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64())];

    public byte[] Elements
    {
        get
        {
            byte[] elements = Case.ReadFile(Expect.GetProperty("file").GetString()!);
            Assert.That(Convert.ToHexStringLower(SHA256.HashData(elements)), Is.EqualTo(Expect.GetProperty("sha256").GetString()), "the golden data itself");
            return elements;
        }
    }

    /// <summary>The plain arrays of a case: one, or those of a group. Structured ones have fields instead.</summary>
    public static IEnumerable<GoldenArray> Of(GoldenCase golden)
    {
        JsonElement expect = golden.Expect();
        string path = expect.TryGetProperty("path", out JsonElement inside) ? inside.GetString()! : "";
        if (expect.TryGetProperty("array", out JsonElement array))
        {
            yield return new GoldenArray(golden, path, array);
        }

        if (expect.TryGetProperty("arrays", out JsonElement arrays))
        {
            foreach (JsonProperty member in arrays.EnumerateObject())
            {
                yield return new GoldenArray(golden, path + member.Name + "/", member.Value);
            }
        }
    }

    /// <summary>The store in which the arrays of a case lie.</summary>
    public static async Task<IKvStore> StoreAsync(GoldenCase golden)
    {
        FileKvStore files = new(golden.Data);
        if (!golden.Expect().TryGetProperty("kvstore", out JsonElement kvstore))
        {
            return files;
        }

        Assert.That(kvstore.GetString(), Is.EqualTo("ocdbt"));
        return await Ocdbt.OcdbtStore.OpenAsync(files);
    }

    public async Task<ZarrArray> OpenAsync() => await ZarrArray.OpenAsync((await StoreAsync(Case)).WithPrefix(Path));
}
