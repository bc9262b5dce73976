using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore.Buffers;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>The elements of a part of an array that is in memory.</summary>
/// <param name="part">The part.</param>
/// <param name="arrayShape">Elements of the whole array along each dimension.</param>
/// <param name="elementSize">Bytes of an element.</param>
internal sealed class ArrayPartSource(ArrayPart part, long[] arrayShape, int elementSize) : BoxSource(arrayShape, elementSize)
{
    /// <inheritdoc/>
    public override void Read(long[] origin, long[] shape, LongMemory destination, ByteCounter? counter, CancellationToken cancellationToken)
    {
        long[] position = [.. origin.Zip(part.Origin, static (at, start) => at - start)];
        ArrayView.RowMajor(part.Elements, [.. part.Shape], ElementSize).Slice(position, shape).CopyTo(destination.Span);
    }
}
