using OcdbtSharp.KvStore;
using ZstdSharp;

namespace OcdbtSharp.Workloads;

/// <summary>What the machine itself can do, to set the other workloads beside: copies, page-cache reads, file writes, zstd decoding.</summary>
internal static class Yardstick
{
    private const int Size = 512 << 20;
    private const int Block = 4 << 20;

    public static async Task RunAsync(string folder)
    {
        using NativeBuffer source = new(Size);
        using NativeBuffer warm = new(Size);
        Weights.FillFloat32(source.AsSpan<byte>(0, 64 << 20), seed: 1);
        for (int offset = 64 << 20; offset < Size; offset += 64 << 20)
        {
            source.AsSpan<byte>(0, 64 << 20).CopyTo(source.AsSpan<byte>(offset, 64 << 20));
        }

        warm.AsSpan<byte>(0, Size).Clear();
        await Measurement.RunAsync("memcpy-warm", Size, () => source.AsSpan<byte>(0, Size).CopyTo(warm.AsSpan<byte>(0, Size)));
        await Measurement.RunAsync("memcpy-fresh", Size, () =>
        {
            using NativeBuffer fresh = new(Size);
            source.AsSpan<byte>(0, Size).CopyTo(fresh.AsSpan<byte>(0, Size));
        });

        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "yardstick.bin");
        await Measurement.RunAsync("file-write-fsync", Size, () => Write(path, source), () => File.Delete(path));
        await Measurement.RunAsync("page-cache-read-warm-1", Size, () => Read(path, warm, 1));
        await Measurement.RunAsync("page-cache-read-warm-2", Size, () => Read(path, warm, 2));
        await Measurement.RunAsync("page-cache-read-fresh-1", Size, () => ReadFresh(path, 1));
        await Measurement.RunAsync("page-cache-read-fresh-2", Size, () => ReadFresh(path, 2));
        File.Delete(path);

        foreach (string type in new[] { "f32", "bf16" })
        {
            await ZstdAsync(type);
        }
    }

    private static async Task ZstdAsync(string type)
    {
        const int length = 32 << 20;
        byte[] values = new byte[length];
        if (type == "f32")
        {
            Weights.FillFloat32(values, seed: 1);
        }
        else
        {
            Weights.FillBFloat16(values, seed: 1);
        }

        byte[] encoded;
        using (Compressor compressor = new(1))
        {
            encoded = compressor.Wrap(values).ToArray();
        }

        for (int threads = 1; threads <= 2; threads++)
        {
            byte[][] decoded = [.. Enumerable.Range(0, threads).Select(_ => new byte[length])];
            await Measurement.RunAsync($"zstdsharp-decode-{type}-{threads}", (long)length * threads, () => Parallel.For(0, threads, thread =>
            {
                using Decompressor decompressor = new();
                decompressor.Unwrap(encoded, decoded[thread]);
            }));
        }
    }

    private static void Write(string path, NativeBuffer source)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        for (int offset = 0; offset < Size; offset += Block)
        {
            RandomAccess.Write(file, source.AsSpan<byte>(offset, Block), offset);
        }

        RandomAccess.FlushToDisk(file);
    }

    private static void ReadFresh(string path, int threads)
    {
        using NativeBuffer fresh = new(Size);
        Read(path, fresh, threads);
    }

    private static void Read(string path, NativeBuffer destination, int threads)
    {
        using var file = File.OpenHandle(path);
        Parallel.For(0, threads, thread =>
        {
            int share = Size / threads;
            for (int offset = thread * share; offset < (thread + 1) * share;)
            {
                int read = RandomAccess.Read(file, destination.AsSpan<byte>(offset, Block), offset);
                offset += read > 0 ? read : throw new EndOfStreamException(path);
            }
        });
    }
}
