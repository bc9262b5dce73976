using System.Text.Json.Nodes;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>
/// Another order of the axes: axis i of the encoded chunk is axis <c>order[i]</c> of the decoded one. Version 3:
/// <c>{"name": "transpose", "configuration": {"order": [1, 0]}}</c>; in version 2 <c>"order": "F"</c>, which is the reverse.
/// https://zarr-specs.readthedocs.io/en/latest/v3/codecs/transpose/
/// </summary>
internal sealed class TransposeCodec(int[] order) : ArrayToArrayCodec
{
    public int[] Order { get; } = order;

    public override string Name => "transpose";

    public override CodecSpec ToSpec(ZarrFormat format) =>
        new(Name, new JsonObject { ["order"] = new JsonArray([.. Order.Select(axis => (JsonNode)axis)]) });

    public override ChunkSpec Resolve(ChunkSpec decoded) => decoded with { Shape = Extents.Permute(decoded.Shape, Order) };

    public override void Decode(ReadOnlyLongSpan encoded, LongSpan decoded, ChunkSpec spec)
    {
        long[] encodedShape = Extents.Permute(spec.Shape, Order);
        long[] strides = Extents.Permute(Extents.RowMajorStrides(spec.Shape, spec.DataType.Size), Order);
        StridedCopy.Copy(
            encoded, 0, Extents.RowMajorStrides(encodedShape, spec.DataType.Size), decoded, 0, strides, encodedShape, spec.DataType.Size);
    }

    public override void Encode(ReadOnlyLongSpan decoded, LongSpan encoded, ChunkSpec spec)
    {
        long[] encodedShape = Extents.Permute(spec.Shape, Order);
        long[] strides = Extents.Permute(Extents.RowMajorStrides(spec.Shape, spec.DataType.Size), Order);
        StridedCopy.Copy(
            decoded, 0, strides, encoded, 0, Extents.RowMajorStrides(encodedShape, spec.DataType.Size), encodedShape, spec.DataType.Size);
    }
}
