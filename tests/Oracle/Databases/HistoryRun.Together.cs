using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Oracle.Tests.Databases;

/// <content>TensorStore and we write at the same time.</content>
internal sealed partial class HistoryRun
{
    private static readonly Key Counter = "together/counter";
    private static readonly Key Here = "together/here";
    private static readonly Key There = "together/there";

    /// <summary>
    /// Both increment one number by conditional writes, move from one number to another in transactions, and write keys of their own. Nothing of it
    /// is lost or done twice, and nobody sees half a transaction.
    /// </summary>
    private async Task AtTheSameTimeAsync()
    {
        int[] counts = [.. Enumerable.Range(0, 4).Select(_ => _random.Next(1, 6))];
        KvAction[][] own = [OwnWrites("theirs"), OwnWrites("ours")];
        long sum = Number(Here) + Number(There);
        JsonArray pairs = new([.. own[0].Select(write => new JsonArray(KvAction.Text(write.Key), Convert.ToBase64String(write.Value!)))]);
        Task<JsonElement> theirs = Task.Run(() => _theirs.Act(
            new JsonArray("increment", KvAction.Text(Counter), counts[0]),
            new JsonArray("write_all", pairs),
            new JsonArray("transfer", KvAction.Text(Here), KvAction.Text(There), counts[1])));
        Task[] ours =
        [
            Task.Run(() => IncrementAsync(counts[2])),
            Task.Run(() => TransferAsync(counts[3], sum)),
            Task.Run(() => Task.WhenAll(own[1].Select(write => write.RunAsync(Ours)))),
        ];
        await Task.WhenAll([theirs, .. ours]);
        Set(Counter, Number(Counter) + counts[0] + counts[2]);
        (long here, long there) = (Number(Here), Number(There));
        Set(Here, here - counts[1] + counts[3]);
        Set(There, there + counts[1] - counts[3]);
        foreach (KvAction write in own.SelectMany(writes => writes))
        {
            write.Apply(_model);
        }
    }

    private KvAction[] OwnWrites(string prefix) =>
        [.. Enumerable.Range(0, _random.Next(1, 8)).Select(i => new KvAction("write", $"together/{prefix}/{i}", Value: _actions.Value()))];

    private async Task IncrementAsync(int times)
    {
        for (int done = 0; done < times;)
        {
            ReadResult found = await Ours.ReadAsync(Counter);
            long next = (found.HasValue ? Parse(found.Value.Span) : 0) + 1;
            StorageGeneration written = await Ours.WriteAsync(Counter, Text(next), new WriteOptions { IfEqual = found.Generation });
            done += written.IsUnknown ? 0 : 1;
        }
    }

    private async Task TransferAsync(int times, long sum)
    {
        for (int done = 0; done < times;)
        {
            await using OcdbtTransaction transaction = Ours.BeginTransaction();
            ReadResult here = await transaction.ReadAsync(Here);
            ReadResult there = await transaction.ReadAsync(There);
            (long first, long second) = (here.HasValue ? Parse(here.Value.Span) : 0, there.HasValue ? Parse(there.Value.Span) : 0);
            Assert.That(first + second, Is.EqualTo(sum), "half a transaction was seen");
            await transaction.WriteAsync(Here, Text(first + 1));
            await transaction.WriteAsync(There, Text(second - 1));
            done += await transaction.CommitAsync() ? 1 : 0;
        }
    }

    private long Number(Key key) => _model.TryGetValue(key, out byte[]? value) ? Parse(value) : 0;

    private void Set(Key key, long number) => _model[key] = Encoding.ASCII.GetBytes(Text(number));

    private static long Parse(ReadOnlySpan<byte> text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
