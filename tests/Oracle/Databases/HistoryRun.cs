using System.Text.Json;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;
using OcdbtSharp.Testing;

namespace OcdbtSharp.Oracle.Tests.Databases;

/// <summary>A history as it takes place: one database, which TensorStore and we have open, and what it is expected to hold.</summary>
internal sealed partial class HistoryRun : IDisposable
{
    // Old versions that are read again after each step, by generation and by commit time; at the end all are.
    private const int OldVersions = 2;

    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();
    private readonly string _path;
    private readonly TensorStoreDatabase _theirs;
    private readonly OcdbtConfig _config;
    private readonly Dictionary<ulong, string> _digests = [];
    private readonly SortedDictionary<Key, byte[]> _model = [];
    private Random _random;
    private RandomActions _actions;
    private OcdbtStore? _ours;
    private int _parts;

    private HistoryRun(int seed)
    {
        _path = _folder.Combine("db");
        _theirs = new TensorStoreDatabase(_path);
        _random = new Random(seed);
        _actions = new RandomActions(_random);
        _config = _actions.Config();
    }

    private OcdbtStore Ours => _ours!;

    /// <summary>Goes through a history; then the database is copied into, pruned, compacted and cleared of garbage, and both go on writing.</summary>
    public static async Task RunAsync(History history)
    {
        using HistoryRun run = new(history.Seed);
        await run.OpenBothAsync();
        foreach (int step in history.Steps)
        {
            run.Reseed(step);
            await run.StepAsync();
            await run.CheckAsync(OldVersions);
        }

        run.Reseed(history.Seed);
        foreach (Func<Task> upkeep in new[] { run.CopyAsync, run.PruneAsync, run.CompactAsync, run.CollectAsync })
        {
            await upkeep();
            await run.CheckAsync(OldVersions);
            await run.WriteAsync();
            await run.CheckAsync(OldVersions);
        }

        await run.CheckAsync(int.MaxValue);
        OcdbtVerification found = await OcdbtVerification.RunAsync(new FileKvStore(run._path));
        Assert.That(found.Faults, Is.Empty);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _theirs.Dispose();
        _folder.Dispose();
    }

    private void Reseed(int seed)
    {
        _random = new Random(seed);
        _actions = new RandomActions(_random);
    }

    private async Task OpenBothAsync()
    {
        if (_random.Next(2) == 0)
        {
            _theirs.Open(_actions.Options(_config));
            KvAction first = _actions.Next();
            _theirs.Act(first.ToJson());
            first.Apply(_model);
            _ours = await OcdbtStore.OpenAsync(new FileKvStore(_path), _actions.Options(_config));
            return;
        }

        _ours = await OcdbtStore.OpenAsync(new FileKvStore(_path), _actions.Options(_config));
        _theirs.Open(_actions.Options(_config));
    }

    private async Task StepAsync()
    {
        switch (_random.Next(12))
        {
            case 0 or 1 or 2:
                await WriteAsync();
                break;
            case 3 or 4 or 5:
                await TransactAsync();
                break;
            case 6:
                await ActAsync([.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => _actions.NextConditional())]);
                break;
            case 7 or 8:
                await AtTheSameTimeAsync();
                break;
            case 9:
                await ReopenAsync();
                break;
            case 10:
                await CopyAsync();
                break;
            default:
                await (_random.Next(3) switch { 0 => PruneAsync(), 1 => CompactAsync(), _ => CollectAsync() });
                break;
        }
    }

    private Task WriteAsync() => ActAsync([.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => _actions.Next())]);

    /// <summary>Each action is a commit of its own.</summary>
    private async Task ActAsync(KvAction[] actions)
    {
        bool?[] expected = [.. actions.Select(action => action.Apply(_model))];
        if (_random.Next(2) == 0)
        {
            bool?[] results = [.. _theirs.Act([.. actions.Select(action => action.ToJson())]).EnumerateArray().Select(Flag)];
            Assert.That(results, Is.EqualTo(expected), "TensorStore");
            return;
        }

        for (int i = 0; i < actions.Length; i++)
        {
            Assert.That(await actions[i].RunAsync(Ours), Is.EqualTo(expected[i]), $"{actions[i]}");
        }
    }

    private async Task TransactAsync()
    {
        KvAction[] actions = [.. Enumerable.Range(0, _random.Next(1, 30)).Select(_ => _actions.Next())];
        bool commits = _random.Next(5) > 0;
        SortedDictionary<Key, byte[]> after = new(_model);
        foreach (KvAction action in actions)
        {
            action.Apply(after);
        }

        string[] keys = [.. after.Keys.Select(KvAction.Text)];
        if (_random.Next(2) == 0)
        {
            JsonArray transaction = Transaction(actions, isAtomic: _random.Next(2) == 0, commits);
            Assert.That(_theirs.Act(transaction)[0].EnumerateArray().Select(key => key.GetString()), Is.EqualTo(keys), "TensorStore's transaction");
        }
        else
        {
            await using OcdbtTransaction transaction = Ours.BeginTransaction();
            foreach (KvAction action in actions)
            {
                await action.RunAsync(transaction);
            }

            Assert.That(await transaction.ListAsync().Select(entry => KvAction.Text(entry.Key)).ToListAsync(), Is.EqualTo(keys), "our transaction");
            if (commits)
            {
                Assert.That(await transaction.CommitAsync(), Is.True);
            }
        }

        if (commits)
        {
            Replace(after);
        }
    }

    private async Task ReopenAsync()
    {
        bool agrees = _random.Next(3) > 0;
        OcdbtOptions options = _actions.Options(_actions.Part(_config, agrees));
        if (!agrees)
        {
            Assert.That(async () => await OcdbtStore.OpenAsync(new FileKvStore(_path), options), Throws.InstanceOf<StorageException>(), $"{options.Config}");
            Assert.That(() => _theirs.Open(options), Throws.InstanceOf<OracleException>(), $"{options.Config}");
            return;
        }

        if (_random.Next(2) == 0)
        {
            _theirs.Open(options);
        }
        else
        {
            _ours = await OcdbtStore.OpenAsync(new FileKvStore(_path), options);
        }
    }

    /// <summary>Puts the keys of a new database below this one into it, by reference.</summary>
    private async Task CopyAsync()
    {
        string path = Path.Combine(_path, $"part_{_parts++}");
        using TensorStoreDatabase theirPart = new(path);
        OcdbtOptions options = _actions.Options(_actions.Config());
        OcdbtStore ourPart = await OcdbtStore.OpenAsync(new FileKvStore(path), options);
        theirPart.Open(options);
        SortedDictionary<Key, byte[]> held = [];
        for (int i = _random.Next(1, 4); i > 0; i--)
        {
            KvAction[] actions = [.. Enumerable.Range(0, _random.Next(1, 20)).Select(_ => _actions.Next())];
            foreach (KvAction action in actions)
            {
                action.Apply(held);
            }

            if (_random.Next(2) == 0)
            {
                theirPart.Act(Transaction(actions, isAtomic: true, commits: true));
                continue;
            }

            await using OcdbtTransaction transaction = ourPart.BeginTransaction();
            foreach (KvAction action in actions)
            {
                await action.RunAsync(transaction);
            }

            Assert.That(await transaction.CommitAsync(), Is.True);
        }

        Key prefix = _random.Next(2) == 0 ? Key.Empty : "layer_";
        Key targetPrefix = _random.Next(2) == 0 ? Key.Empty : $"copy/{_random.Next(3)}/";
        if (_random.Next(2) == 0)
        {
            _theirs.Copy(path, prefix, targetPrefix);
        }
        else
        {
            await Ours.CopyRangeAsync(ourPart, KeyRange.All, prefix, targetPrefix);
        }

        foreach ((Key key, byte[] value) in held.Where(pair => pair.Key.StartsWith(prefix)))
        {
            _model[targetPrefix.Append(new Key(key.Bytes[prefix.Length..]))] = value;
        }
    }

    private async Task PruneAsync()
    {
        List<OcdbtVersion> versions = await Ours.ListVersionsAsync().ToListAsync();
        OcdbtVersion since = versions[_random.Next(versions.Count)];
        await Ours.PruneAsync(_random.Next(2) == 0
            ? new OcdbtRetention { Count = _random.Next(1, versions.Count + 2) }
            : new OcdbtRetention { Since = DateTimeOffset.UnixEpoch.AddTicks((long)(since.CommitTime / 100)) });
    }

    private async Task CompactAsync() => await Ours.CompactAsync(includeBasePaths: _random.Next(2) == 0);

    private async Task CollectAsync() => await Ours.CollectGarbageAsync(TimeSpan.Zero);

    // TensorStore 0.1.86 dies committing an atomic transaction that deletes a range of several nodes; others become one commit just so.
    private static JsonArray Transaction(KvAction[] actions, bool isAtomic, bool commits) =>
        new("transaction", isAtomic && !actions.Any(action => action.Kind == "delete_range"), commits, new JsonArray([.. actions.Select(action => action.ToJson())]));

    private static bool? Flag(JsonElement result) => result.ValueKind == JsonValueKind.Null ? null : result.GetBoolean();

    private void Replace(SortedDictionary<Key, byte[]> contents)
    {
        _model.Clear();
        foreach ((Key key, byte[] value) in contents)
        {
            _model.Add(key, value);
        }
    }
}
