using System.Globalization;
using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.Checkpoint.Reading;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Save;

/// <summary>
/// Where the processes that save together meet: small files in the store, beside the checkpoint.
/// 1. Each process but the first writes <c>arrived.N</c> with a word of its own.
/// 2. The first process writes <c>open</c>: the number of the attempt and every word it has seen. A process that finds its word there takes part; one that
///    does not was mistaken for an earlier one of the same number, and is seen at the next look.
/// 3. Each process writes <c>done.N</c> or <c>failed.N</c> with the number of the attempt.
/// What an earlier attempt left behind has other words and numbers, and so deceives nobody.
/// </summary>
/// <param name="store">The folder of these files.</param>
/// <param name="checkpoint">The checkpoint, for messages.</param>
/// <param name="processes">The processes.</param>
/// <param name="time">The time.</param>
internal sealed class Rendezvous(IKvStore store, string checkpoint, ProcessGroup processes, TimeProvider time)
{
    private const string OpenFile = "open";
    private const int SlowestPoll = 20;

    private readonly string _word = Guid.NewGuid().ToString("N");
    private long _attempt;

    private bool IsAlone => processes.Count == 1;

    /// <summary>Lets the others in and waits until all of them have finished. For the first process.</summary>
    /// <param name="attempt">A number that no other attempt has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">A process failed, or did not finish in time.</exception>
    public async Task HostAsync(long attempt, CancellationToken cancellationToken)
    {
        if (IsAlone)
        {
            return;
        }

        _attempt = attempt;
        await store.DeleteRangeAsync(KeyRange.Prefix(Done("")), cancellationToken).ConfigureAwait(false);
        await store.DeleteRangeAsync(KeyRange.Prefix(Failed("")), cancellationToken).ConfigureAwait(false);
        Dictionary<int, string> seen = [];
        SortedSet<int> missing = [.. Enumerable.Range(1, processes.Count - 1)];
        await PollAsync(
            async token =>
            {
                await AdmitAsync(seen, token).ConfigureAwait(false);
                foreach (int process in missing.ToArray())
                {
                    await ThrowIfFailedAsync(process, token).ConfigureAwait(false);
                    if (await ReadAttemptAsync(Done(process.ToString(CultureInfo.InvariantCulture)), token).ConfigureAwait(false) == attempt)
                    {
                        missing.Remove(process);
                    }
                }

                return missing.Count == 0;
            },
            () => $"{Names(missing)} of {processes.Count} did not {(missing.All(seen.ContainsKey) ? "finish" : "start")} within {processes.Timeout}. Nothing was saved.",
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits to be let in.</summary>
    /// <returns>The number of the attempt.</returns>
    /// <exception cref="StorageException">The first process did not open in time.</exception>
    public async Task<long> JoinAsync(CancellationToken cancellationToken)
    {
        await store.WriteAsync($"arrived.{processes.Index}", _word, default, cancellationToken).ConfigureAwait(false);
        await PollAsync(
            async token =>
            {
                if (await store.ReadFileAsync(OpenFile, token).ConfigureAwait(false) is { Length: > 0 } utf8)
                {
                    JsonElement open = PythonJson.ParseObject(utf8, store.Describe(OpenFile));
                    if (open.GetProperty("words").EnumerateArray().Any(word => word.ValueEquals(_word)))
                    {
                        _attempt = open.GetProperty("attempt").GetInt64();
                    }
                }

                return _attempt != 0;
            },
            () => $"Process 0 of {processes.Count} did not start within {processes.Timeout}.",
            cancellationToken).ConfigureAwait(false);
        return _attempt;
    }

    /// <summary>Says that this process has written what it has.</summary>
    public async Task ReportDoneAsync(CancellationToken cancellationToken) => await store.WriteAsync(
        Done(processes.Index.ToString(CultureInfo.InvariantCulture)), _attempt.ToString(CultureInfo.InvariantCulture), default, cancellationToken).ConfigureAwait(false);

    /// <summary>Says that this process has failed.</summary>
    public async Task ReportFailureAsync(string why, CancellationToken cancellationToken)
    {
        if (!IsAlone && _attempt != 0)
        {
            string text = _attempt.ToString(CultureInfo.InvariantCulture) + "\n" + why;
            await store.WriteAsync(Failed(processes.Index.ToString(CultureInfo.InvariantCulture)), text, default, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the first process has finished the checkpoint.</summary>
    /// <exception cref="StorageException">It failed, or did not finish in time.</exception>
    public Task WaitAsync(Func<CancellationToken, Task<bool>> isFinished, CancellationToken cancellationToken) => PollAsync(
        async token =>
        {
            if (await isFinished(token).ConfigureAwait(false))
            {
                return true;
            }

            await ThrowIfFailedAsync(0, token).ConfigureAwait(false);
            return false;
        },
        () => $"Process 0 of {processes.Count} did not finish within {processes.Timeout}.",
        cancellationToken);

    /// <summary>Removes the files.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (!IsAlone)
        {
            await store.DeleteRangeAsync(KeyRange.All, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Done(string process) => "done." + process;

    private static string Failed(string process) => "failed." + process;

    private static string Names(SortedSet<int> missing) =>
        missing.Count == 1 ? $"Process {missing.Min}" : "Processes " + string.Join(", ", missing);

    private async Task AdmitAsync(Dictionary<int, string> seen, CancellationToken cancellationToken)
    {
        bool isNew = false;
        for (int process = 1; process < processes.Count; process++)
        {
            if (await store.ReadFileAsync($"arrived.{process}", cancellationToken).ConfigureAwait(false) is { Length: > 0 } utf8)
            {
                string word = System.Text.Encoding.UTF8.GetString(utf8.Span);
                isNew |= seen.GetValueOrDefault(process) != word;
                seen[process] = word;
            }
        }

        if (isNew)
        {
            using PythonJsonWriter json = new();
            json.StartObject();
            json.Name("attempt");
            json.Number(_attempt);
            json.Name("words");
            json.StartArray();
            foreach (string word in seen.Values)
            {
                json.String(word);
            }

            json.EndArray();
            json.EndObject();
            await store.WriteAsync(OpenFile, json.ToArray(), default, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ThrowIfFailedAsync(int process, CancellationToken cancellationToken)
    {
        string file = Failed(process.ToString(CultureInfo.InvariantCulture));
        if (await store.ReadFileAsync(file, cancellationToken).ConfigureAwait(false) is { } utf8)
        {
            string[] lines = System.Text.Encoding.UTF8.GetString(utf8.Span).Split('\n', 2);
            if (lines[0] == _attempt.ToString(CultureInfo.InvariantCulture))
            {
                throw new StorageException($"Process {process} of {processes.Count} failed: {lines[^1]}", checkpoint);
            }
        }
    }

    private async Task<long> ReadAttemptAsync(string file, CancellationToken cancellationToken) =>
        await store.ReadFileAsync(file, cancellationToken).ConfigureAwait(false) is { } utf8
        && long.TryParse(System.Text.Encoding.UTF8.GetString(utf8.Span), NumberStyles.None, CultureInfo.InvariantCulture, out long attempt)
            ? attempt
            : 0;

    private async Task PollAsync(Func<CancellationToken, Task<bool>> isReady, Func<string> tooLate, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        for (int polls = 1; !await isReady(cancellationToken).ConfigureAwait(false); polls++)
        {
            if (time.GetElapsedTime(start) >= processes.Timeout)
            {
                throw new StorageException(tooLate(), checkpoint);
            }

            await Task.Delay(processes.PollInterval * Math.Clamp(polls / 10, 1, SlowestPoll), time, cancellationToken).ConfigureAwait(false);
        }
    }
}
