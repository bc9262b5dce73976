using System.CommandLine;
using System.Globalization;
using OcdbtSharp.Cli.Output;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;
using OcdbtSharp.Zarr3;

namespace OcdbtSharp.Cli.Commands.Zarr;

/// <summary><c>ocdbt zarr copy</c>: an array or a group in another form.</summary>
internal static class ZarrCopyCommand
{
    // A folder with one of these is zarr's, and may be replaced.
    private static readonly string[] MetadataFiles = ["zarr.json", ".zarray", ".zgroup"];

    public static Command Create(ToolConsole console)
    {
        Argument<string> source = new("PATH") { Description = "The folder of an array or a group, or its path in an OCDBT database." };
        Argument<string> destination = new("OUT") { Description = "The folder of the copy, or its path in an OCDBT database that exists." };
        Option<int?> format = new("--format") { Description = "The version of zarr: 2 or 3." };
        Option<string?> chunks = new("--chunks") { Description = "Extents of a chunk, such as 64,64; in a group for the arrays with as many axes." };
        Option<string?> shards = new("--shards") { Description = "Extents of a shard, such as 512,512, or none (zarr 3)." };
        Option<string[]> codec = new("--codec")
        {
            Description = "A codec, as zstd:5, gzip, crc32c or blosc:{\"cname\":\"zstd\"}; may be given several times, in the order of encoding. none for no codecs.",
        };
        Option<string?> dtype = new("--dtype") { Description = "Convert the elements to this type, such as float32 or bfloat16." };
        Option<string?> separator = new("--separator") { Description = "What stands between the numbers in the names of chunks: / or a period." };
        Option<bool> consolidate = new("--consolidate") { Description = "Store the metadata of a group's members with the group." };
        Option<bool> ocdbt = new("--ocdbt") { Description = "Make OUT a new OCDBT database, with the copy at its root." };
        Option<bool> force = new("--force") { Description = "Replace an array or a group that is at OUT." };
        Option<int?> jobs = new("--jobs") { Description = "Parts that are copied at the same time; the number of processors unless told." };
        Option<long?> memory = Arguments.Memory();
        Command command = new("copy", "Copies an array or a group: re-chunks, re-shards, re-compresses, converts types, changes the version.")
        {
            source, destination, format, chunks, shards, codec, dtype, separator, consolidate, ocdbt, force, jobs, memory,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string from = parsed.GetRequiredValue(source);
            string to = parsed.GetRequiredValue(destination);
            RefuseOverlap(from, to);
            using ProgressLine<long> progress = new(console, bytes => $"copied {ByteText.Of(bytes)}");
            Counter counter = new(progress);
            ZarrCopyOptions options = new()
            {
                Format = parsed.GetValue(format) switch { null => null, 2 => ZarrFormat.V2, 3 => ZarrFormat.V3, var other => throw new UsageException($"There is no zarr {other}, only 2 and 3.") },
                ChunkShape = Extents("--chunks", parsed.GetValue(chunks)),
                ShardShape = parsed.GetValue(shards) is "none" ? [] : Extents("--shards", parsed.GetValue(shards)),
                Codecs = CodecText.Parse(parsed.GetValue(codec)),
                DataType = parsed.GetValue(dtype) is { } type ? DataType.Parse(type) : null,
                DimensionSeparator = parsed.GetValue(separator) switch { null => null, "/" => '/', "." => '.', var other => throw new UsageException($"'{other}' is no separator: / or a period.") },
                Consolidate = parsed.GetValue(consolidate) ? true : null,
                Mode = parsed.GetValue(force) ? ZarrCreateMode.DeleteExisting : ZarrCreateMode.MustBeNew,
                DegreeOfParallelism = parsed.GetValue(jobs) is { } degree ? Math.Max(1, degree) : Environment.ProcessorCount,
                MaxMemory = Arguments.MaxMemory(parsed.GetValue(memory)),
                Progress = counter,
            };
            IKvStore opened = await ZarrPlace.OpenAsync(from, cancellationToken);
            await CopyAsync(opened, to, parsed.GetValue(ocdbt), options, cancellationToken);
            progress.Dispose();
            console.Text.WriteLine($"{to}: {ByteText.Of(counter.Bytes)} of elements");
        });
        return command;
    }

    private static async Task CopyAsync(IKvStore source, string to, bool newDatabase, ZarrCopyOptions options, CancellationToken cancellationToken)
    {
        (string? database, string inner) = ZarrPlace.Split(to);
        if (database is null && !newDatabase)
        {
            FileKvStore folder = new(inner);
            await CheckReplacedAsync(folder, options, cancellationToken);
            await ZarrCopy.CopyAsync(source, folder, options, cancellationToken);
            return;
        }

        if (database is not null && newDatabase)
        {
            throw new UsageException($"{database} is an OCDBT database already: leave out --ocdbt.");
        }

        OcdbtStore store = await OcdbtStore.OpenAsync(
            new FileKvStore(database ?? inner), new OcdbtOptions { Mode = database is null ? OcdbtOpenMode.CreateNew : OcdbtOpenMode.Open }, cancellationToken);
        await using OcdbtTransaction transaction = store.BeginTransaction();
        IKvStore target = database is null || inner.Length == 0 ? transaction : transaction.WithPrefix(inner + "/");
        await CheckReplacedAsync(target, options, cancellationToken);
        await ZarrCopy.CopyAsync(source, target, options, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Refuses to delete what is not zarr's.</summary>
    private static async Task CheckReplacedAsync(IKvStore destination, ZarrCopyOptions options, CancellationToken cancellationToken)
    {
        if (options.Mode != ZarrCreateMode.DeleteExisting)
        {
            return;
        }

        foreach (string name in MetadataFiles)
        {
            if ((await destination.StatAsync(name, cancellationToken)).HasValue)
            {
                return;
            }
        }

        await foreach (ListEntry _ in destination.ListAsync(KeyRange.All, cancellationToken))
        {
            throw new UsageException($"{destination.Describe(Key.Empty)} is neither empty nor a zarr array or group: it is not replaced.");
        }
    }

    private static void RefuseOverlap(string from, string to)
    {
        string first = Path.TrimEndingDirectorySeparator(Path.GetFullPath(from)) + Path.DirectorySeparatorChar;
        string second = Path.TrimEndingDirectorySeparator(Path.GetFullPath(to)) + Path.DirectorySeparatorChar;
        if (first.StartsWith(second, StringComparison.Ordinal) || second.StartsWith(first, StringComparison.Ordinal))
        {
            throw new UsageException($"{from} and {to} lie in one another.");
        }
    }

    private static long[]? Extents(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        return [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part =>
            long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long extent) && extent > 0
                ? extent
                : throw new UsageException($"{option} '{text}' is not a list of extents such as 64,64."))];
    }

    /// <summary>Adds up what has been copied.</summary>
    private sealed class Counter(ProgressLine<long> line) : IProgress<long>
    {
        private long _bytes;

        public long Bytes => Interlocked.Read(ref _bytes);

        public void Report(long value) => line.Report(Interlocked.Add(ref _bytes, value));
    }
}
