using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt;

namespace OcdbtSharp.Oracle.Tests.Databases;

/// <content>Both list the same versions, and the same keys and values at each.</content>
internal sealed partial class HistoryRun
{
    // Most versions that one check reads by their commit times.
    private const int MaxTimes = 8;

    /// <summary>Compares the latest version, every new one, and some old ones by generation and by commit time.</summary>
    /// <param name="old">How many old ones.</param>
    private async Task CheckAsync(int old)
    {
        List<OcdbtVersion> versions = await Ours.ListVersionsAsync().ToListAsync();
        OcdbtVersion[] known = [.. versions.Where(version => _digests.ContainsKey(version.Generation))];
        _random.Shuffle(known);
        OcdbtVersion[] chosen = known[..Math.Min(old, known.Length)];
        List<(OcdbtVersion Version, VersionSpec Spec)> asked =
        [
            .. versions.Except(known).Concat(chosen).Select(version => (version, VersionSpec.OfGeneration(version.Generation))),
            .. chosen.Take(MaxTimes).Select(version => (version, VersionSpec.OfCommitTime(version.CommitTime + Between(versions, version)))),
        ];
        (string[] digests, OcdbtVersion[] theirVersions) = _theirs.See([null, .. asked.Select(entry => Spec(entry.Spec))]);
        Assert.That(theirVersions, Is.EqualTo(versions), "the versions");
        string latest = Digest(_model);
        SortedDictionary<Key, byte[]> ours = await ContentsAsync(Ours);
        if (Digest(ours) != latest)
        {
            Assert.Fail($"we read another latest version: {Difference(ours)}");
        }

        if (digests[0] != latest)
        {
            Assert.Fail($"TensorStore reads another latest version: {Difference(new SortedDictionary<Key, byte[]>(_theirs.Contents(null).ToDictionary()))}");
        }

        for (int i = 0; i < asked.Count; i++)
        {
            OcdbtStore store = await OcdbtStore.OpenAsync(new FileKvStore(_path), new OcdbtOptions { Version = asked[i].Spec });
            Assert.That(store.Version, Is.EqualTo(asked[i].Version));
            string digest = Digest(await ContentsAsync(store));
            Assert.That(digest, Is.EqualTo(digests[i + 1]), $"version {asked[i].Spec}");
            Assert.That(_digests.GetValueOrDefault(asked[i].Version.Generation, digest), Is.EqualTo(digest), $"version {asked[i].Spec} as it was");
            _digests[asked[i].Version.Generation] = digest;
            Tally.Add("versions of databases read by both");
        }

        if (versions.Count > 0)
        {
            Assert.That(_digests[versions[^1].Generation], Is.EqualTo(latest), "the latest version by its generation");
        }
    }

    /// <summary>A number of nanoseconds after a version before the next was committed.</summary>
    private ulong Between(List<OcdbtVersion> versions, OcdbtVersion version)
    {
        int next = versions.IndexOf(version) + 1;
        ulong gap = next < versions.Count ? versions[next].CommitTime - version.CommitTime : 1000;
        return (ulong)_random.NextInt64((long)gap);
    }

    private static JsonNode Spec(VersionSpec spec) => spec.Generation is { } generation ? generation : TensorStoreDatabase.Time(spec.CommitTime!.Value);

    private static async Task<SortedDictionary<Key, byte[]>> ContentsAsync(OcdbtStore store)
    {
        SortedDictionary<Key, byte[]> contents = [];
        await foreach (ListEntry entry in store.ListAsync())
        {
            ReadResult read = await store.ReadAsync(entry.Key);
            Assert.That(read.HasValue, $"'{entry.Key}' is listed");
            Assert.That(read.Value.Length, Is.EqualTo(entry.Length), $"the length of '{entry.Key}'");
            contents.Add(entry.Key, read.Value.ToArray());
        }

        return contents;
    }

    private static string Digest(SortedDictionary<Key, byte[]> contents)
    {
        using IncrementalHash whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] length = new byte[4];
        foreach ((Key key, byte[] value) in contents)
        {
            Append(key.Bytes.Span);
            Append(value);
        }

        return Convert.ToHexStringLower(whole.GetHashAndReset());

        void Append(ReadOnlySpan<byte> bytes)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            whole.AppendData(length);
            whole.AppendData(bytes);
        }
    }

    private string Difference(SortedDictionary<Key, byte[]> found)
    {
        IEnumerable<string> lines =
        [
            .. _model.Keys.Except(found.Keys).Select(key => $"'{key}' is missing"),
            .. found.Keys.Except(_model.Keys).Select(key => $"'{key}' should not be there"),
            .. found.Keys.Where(key => _model.TryGetValue(key, out byte[]? value) && !value.AsSpan().SequenceEqual(found[key]))
                .Select(key => $"'{key}' holds {found[key].Length} bytes of another value than the {_model[key].Length} expected"),
        ];
        return string.Join(", ", lines.Take(5));
    }
}
