using System.Text.Json.Nodes;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// The elements one behind the other in C order. Version 3: <c>{"name": "bytes", "configuration": {"endian": "little"}}</c>, without a
/// configuration where an element has no byte order; in version 2 a part of the data type.
/// https://zarr-specs.readthedocs.io/en/latest/v3/codecs/bytes/
/// </summary>
/// <param name="spec">The chunk that it is applied to.</param>
/// <param name="order">The byte order of the elements.</param>
/// <param name="endian">How version 3 names it; null where the elements have none.</param>
internal sealed class BytesCodec(ChunkSpec spec, ByteOrder order, string? endian) : ArrayToBytesCodec
{
    public override string Name => "bytes";

    public override long? EncodedLength => spec.ByteCount;

    public ByteOrder Order => order;

    public override CodecSpec ToSpec(ZarrFormat format) =>
        new(Name, endian is null ? null : new JsonObject { ["endian"] = endian });
}
