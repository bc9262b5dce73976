using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace OcdbtSharp.Zarr3.Codecs;

/// <summary>Vectors that hold, in each lane of 16 bytes, a part of one group of 16 elements that are being shuffled.</summary>
internal interface IByteLanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Elements that are shuffled in one step: 16 in each lane.</summary>
    static abstract int Elements { get; }

    /// <summary>16 bytes for each lane, <paramref name="stride"/> bytes apart.</summary>
    static abstract TVector Gather(ref readonly byte source, nint stride);

    /// <summary>Writes the lanes <paramref name="stride"/> bytes apart.</summary>
    static abstract void Scatter(TVector value, ref byte destination, nint stride);

    static abstract TVector Load(ref readonly byte source);

    static abstract void Store(TVector value, ref byte destination);

    /// <summary>The bytes at even and at odd positions of two consecutive vectors, lane by lane.</summary>
    static abstract (TVector Even, TVector Odd) Unzip(TVector first, TVector second);

    /// <summary>The inverse of <see cref="Unzip"/>.</summary>
    static abstract (TVector First, TVector Second) Zip(TVector even, TVector odd);
}

/// <summary>One lane of 16 bytes; works on every processor.</summary>
internal readonly struct ByteLanes128 : IByteLanes<Vector128<byte>>
{
    public static int Elements => 16;

    public static Vector128<byte> Gather(ref readonly byte source, nint stride) => Load(in source);

    public static void Scatter(Vector128<byte> value, ref byte destination, nint stride) => Store(value, ref destination);

    public static Vector128<byte> Load(ref readonly byte source) => Vector128.LoadUnsafe(in source);

    public static void Store(Vector128<byte> value, ref byte destination) => value.StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> Even, Vector128<byte> Odd) Unzip(Vector128<byte> first, Vector128<byte> second)
    {
        if (AdvSimd.Arm64.IsSupported)
        {
            return (AdvSimd.Arm64.UnzipEven(first, second), AdvSimd.Arm64.UnzipOdd(first, second));
        }

        Vector128<ushort> low = Vector128.Create((ushort)0x00FF);
        Vector128<ushort> a = first.AsUInt16();
        Vector128<ushort> b = second.AsUInt16();
        return (Vector128.Narrow(a & low, b & low), Vector128.Narrow(a >>> 8, b >>> 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) Zip(Vector128<byte> even, Vector128<byte> odd)
    {
        if (Sse2.IsSupported)
        {
            return (Sse2.UnpackLow(even, odd), Sse2.UnpackHigh(even, odd));
        }

        if (AdvSimd.Arm64.IsSupported)
        {
            return (AdvSimd.Arm64.ZipLow(even, odd), AdvSimd.Arm64.ZipHigh(even, odd));
        }

        return ((Vector128.WidenLower(even) | (Vector128.WidenLower(odd) << 8)).AsByte(),
            (Vector128.WidenUpper(even) | (Vector128.WidenUpper(odd) << 8)).AsByte());
    }
}

/// <summary>Two lanes of 16 bytes; needs AVX2.</summary>
internal readonly struct ByteLanes256 : IByteLanes<Vector256<byte>>
{
    public static int Elements => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Gather(ref readonly byte source, nint stride) =>
        Vector256.Create(Vector128.LoadUnsafe(in source), Vector128.LoadUnsafe(in source, (nuint)stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scatter(Vector256<byte> value, ref byte destination, nint stride)
    {
        value.GetLower().StoreUnsafe(ref destination);
        value.GetUpper().StoreUnsafe(ref destination, (nuint)stride);
    }

    public static Vector256<byte> Load(ref readonly byte source) => Vector256.LoadUnsafe(in source);

    public static void Store(Vector256<byte> value, ref byte destination) => value.StoreUnsafe(ref destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<byte> Even, Vector256<byte> Odd) Unzip(Vector256<byte> first, Vector256<byte> second)
    {
        Vector256<ushort> low = Vector256.Create((ushort)0x00FF);
        Vector256<ushort> a = first.AsUInt16();
        Vector256<ushort> b = second.AsUInt16();
        return (Avx2.PackUnsignedSaturate((a & low).AsInt16(), (b & low).AsInt16()),
            Avx2.PackUnsignedSaturate((a >>> 8).AsInt16(), (b >>> 8).AsInt16()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<byte> First, Vector256<byte> Second) Zip(Vector256<byte> even, Vector256<byte> odd) =>
        (Avx2.UnpackLow(even, odd), Avx2.UnpackHigh(even, odd));
}
