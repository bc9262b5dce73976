using System.Numerics;
using System.Numerics.Tensors;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Zarr3.Tests;

[TestFixture]
public sealed class TypedArrayTests
{
    [Test]
    public async Task Every_data_type_has_a_type_of_its_own()
    {
        await CheckAsync("bool", true, false);
        await CheckAsync("int2", (Int2)(-2), (Int2)1);
        await CheckAsync("int4", (Int4)(-8), (Int4)7);
        await CheckAsync("int8", sbyte.MinValue, (sbyte)3);
        await CheckAsync("int16", short.MinValue, (short)3);
        await CheckAsync("int32", int.MinValue, 3);
        await CheckAsync("int64", long.MinValue, 3L);
        await CheckAsync("uint2", (UInt2)3, (UInt2)1);
        await CheckAsync("uint4", (UInt4)15, (UInt4)1);
        await CheckAsync("uint8", byte.MaxValue, (byte)1);
        await CheckAsync("uint16", ushort.MaxValue, (ushort)1);
        await CheckAsync("uint32", uint.MaxValue, 1u);
        await CheckAsync("uint64", ulong.MaxValue, 1ul);
        await CheckAsync("float4_e2m1fn", (Float4E2M1Fn)6f, (Float4E2M1Fn)(-0.5f));
        await CheckAsync("float8_e3m4", (Float8E3M4)1.5f, (Float8E3M4)(-2f));
        await CheckAsync("float8_e4m3b11fnuz", (Float8E4M3B11FnUz)1.5f, (Float8E4M3B11FnUz)(-2f));
        await CheckAsync("float8_e4m3fn", (Float8E4M3Fn)1.5f, (Float8E4M3Fn)(-2f));
        await CheckAsync("float8_e4m3fnuz", (Float8E4M3FnUz)1.5f, (Float8E4M3FnUz)(-2f));
        await CheckAsync("float8_e5m2", (Float8E5M2)1.5f, (Float8E5M2)(-2f));
        await CheckAsync("float8_e5m2fnuz", (Float8E5M2FnUz)1.5f, (Float8E5M2FnUz)(-2f));
        await CheckAsync("float8_e8m0fnu", (Float8E8M0Fnu)1f, (Float8E8M0Fnu)0.25f);
        await CheckAsync("bfloat16", (BFloat16)1.5f, (BFloat16)(-2f));
        await CheckAsync("float16", (Half)1.5f, Half.NegativeInfinity);
        await CheckAsync("float32", 1.5f, float.NegativeInfinity);
        await CheckAsync("float64", 1.5, double.NegativeInfinity);
        await CheckAsync("complex64", new Complex64(1, 2), new Complex64(-1, 0));
        await CheckAsync("complex128", new Complex(1, 2), new Complex(-1, 0));
    }

    [Test]
    public async Task A_type_that_does_not_hold_the_elements_is_refused_by_name()
    {
        ZarrArray array = await CreateAsync("bfloat16", [4]);
        foreach (Func<Task> wrong in (Func<Task>[])[
            async () => await array.ReadAsync<Half>(new Half[4]),
            async () => await array.ReadAsync<ushort>(new ushort[4]),
            async () => await array.WriteAsync<float>(new float[4]),
            async () => await array.ReadTensorAsync<float>()])
        {
            ArgumentException? refused = await Assert.ThrowsAsync<ArgumentException>(async () => await wrong());
            Assert.That(refused!.Message, Does.Contain("bfloat16").And.Contain("BFloat16"));
        }
    }

    [Test]
    public async Task Tensors_are_written_whatever_their_strides_and_read_back()
    {
        ZarrArray array = await CreateAsync("int32", [3, 4]);
        Tensor<int> tensor = Tensor.Create(Enumerable.Range(1, 12).ToArray(), [4, 3]);
        await array.WriteTensorAsync(Tensor.PermuteDimensions(tensor, [1, 0]));
        Tensor<int> read = await array.ReadTensorAsync<int>();
        Assert.That(read.Lengths.ToArray(), Is.EqualTo(new nint[] { 3, 4 }));
        Assert.That(read[1, 2], Is.EqualTo(tensor[2, 1]));
        await array.WriteTensorAsync(Tensor.Create([100, 200], [1, 2]), origin: [2, 1]);
        Tensor<int> row = await array.ReadTensorAsync<int>(new ArrayRegion([2, 0], [1, 4]));
        Assert.That(row.ToArray(), Is.EqualTo(new[] { 3, 100, 200, 12 }));
    }

    [Test]
    public async Task An_array_without_axes_is_one_element()
    {
        ZarrArray array = await CreateAsync("float64", []);
        await array.WriteTensorAsync(Tensor.Create([2.5]));
        Assert.That((await array.ReadTensorAsync<double>()).ToArray(), Is.EqualTo(new[] { 2.5 }));
    }

    [Test]
    public async Task Native_memory_is_seen_as_a_tensor()
    {
        ZarrArray array = await CreateAsync("float32", [2, 3]);
        await array.WriteAsync<float>(new float[] { 1, 2, 3, 4, 5, 6 });
        using NativeBuffer buffer = new(array.ByteCount);
        await array.ReadAsync(buffer);
        Assert.That(buffer.AsReadOnlyTensorSpan<float>(array.Shape)[1, 2], Is.EqualTo(6));
        buffer.AsTensorSpan<float>(array.Shape)[0, 1] = 20;
        await array.WriteAsync(buffer);
        Assert.That((await array.ReadTensorAsync<float>())[0, 1], Is.EqualTo(20));
        Assert.Throws<ArgumentException>(() => buffer.AsTensorSpan<float>([2, 4]));
    }

    private static async Task CheckAsync<T>(string type, params T[] elements)
        where T : unmanaged
    {
        ZarrArray array = await CreateAsync(type, [elements.Length]);
        await array.WriteAsync<T>(elements);
        T[] read = new T[elements.Length];
        await array.ReadAsync<T>(read);
        Assert.That(read, Is.EqualTo(elements), type);
    }

    private static ValueTask<ZarrArray> CreateAsync(string type, long[] shape) =>
        ZarrArray.CreateAsync(new MemoryKvStore(), new ArrayCreateOptions { Shape = shape, DataType = DataType.Parse(type) });
}
