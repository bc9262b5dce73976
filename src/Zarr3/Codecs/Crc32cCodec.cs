using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// A CRC-32C behind the bytes. Version 3: <c>{"name": "crc32c"}</c>; https://zarr-specs.readthedocs.io/en/latest/v3/codecs/crc32c/.
/// </summary>
internal sealed class Crc32cCodec : ChecksumCodec
{
    public static Crc32cCodec Instance { get; } = new();

    public override string Name => "crc32c";

    public override CodecSpec ToSpec(ZarrFormat format) => new(Name, null);

    protected override uint Compute(ReadOnlyLongSpan bytes)
    {
        uint crc = 0;
        for (long offset = 0; offset < bytes.Length; offset += ReadOnlyLongSpan.DefaultWindow)
        {
            crc = Crc32C.Compute(bytes.NextWindow(offset), crc);
        }

        return crc;
    }
}
