using System.Diagnostics;
using System.Text;
using OcdbtSharp.Testing;

namespace OcdbtSharp.KvStore.Tests.Files;

/// <summary>Several processes that write one folder.</summary>
public sealed class ProcessTests
{
    // TensorStore's side of the protocol up to the write: open the lock file, lock its open file description, check that it still has its name.
    private const string TensorStoreWriter = """
        import fcntl, os, struct, sys
        path = sys.argv[1]
        lock = struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        fd = os.open(path + '.__lock', os.O_CREAT | os.O_WRONLY, 0o666)
        fcntl.fcntl(fd, 38, lock)
        print('locked', flush=True)
        sys.stdin.readline()
        os.ftruncate(fd, 0)
        os.write(fd, b'theirs')
        os.fsync(fd)
        os.rename(path + '.__lock', path)
        os.close(fd)
        """;

    [Test]
    public async Task ProcessesLoseNoIncrement()
    {
        const int Processes = 4;
        const int Increments = 100;
        using TemporaryFolder folder = new();
        string[] arguments = [folder.Path, "some/counter", $"{Increments}"];
        await Task.WhenAll(Enumerable.Range(0, Processes).Select(
            _ => ChildProcess.RunAsync("OcdbtSharp.KvStore.Locks.dll", arguments, TimeSpan.FromMinutes(1))));
        ReadResult read = await new FileKvStore(folder.Path).ReadAsync("some/counter");
        Assert.That(Encoding.UTF8.GetString(read.Value.Span), Is.EqualTo($"{Processes * Increments}"));
    }

    [Test]
    [Platform("Linux")]
    public async Task WaitsForALockThatIsTakenAsTensorStoreTakesIt()
    {
        if (!ChildProcess.Exists("python3"))
        {
            Assert.Ignore("There is no python3, which plays the other writer.");
        }

        using TemporaryFolder folder = new();
        FileKvStore store = new(folder.Path);
        StorageGeneration before = await store.WriteAsync("k", "before");
        ProcessStartInfo info = new("python3", ["-c", TensorStoreWriter, folder.Combine("k")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process python = Process.Start(info)!;
        Assert.That(await python.StandardOutput.ReadLineAsync(), Is.EqualTo("locked"));
        ValueTask<StorageGeneration> conditional = store.WriteAsync("k", "ours", new WriteOptions { IfEqual = before });
        Assert.That(conditional.IsCompleted, Is.False);
        await python.StandardInput.WriteLineAsync();
        await python.WaitForExitAsync();
        Assert.That((await conditional).IsUnknown, "The other writer came first, so the condition of ours must fail.");
        Assert.That(Encoding.UTF8.GetString((await store.ReadAsync("k")).Value.Span), Is.EqualTo("theirs"));
    }
}
