using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;
using OcdbtSharp.Ocdbt.IO;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>Checks a database from its manifests down to the last leaf of every version.</summary>
/// <param name="store">The base store.</param>
/// <param name="progress">Told after each node.</param>
/// <param name="summaryBytes">
/// Most bytes of memory for what is known of nodes that were checked. Beyond it all is forgotten, and nodes that versions share are checked,
/// and counted, again.
/// </param>
internal sealed class VerifyOperation(IKvStore store, IProgress<OcdbtProgress>? progress, long summaryBytes = 256L << 20)
{
    private readonly IoHandle _io = new(store, 0);
    private readonly FaultList _faults = new();
    private readonly Dictionary<IndirectDataReference, NodeSummary?> _summaries = [];
    private long _summaryBytes;
    private long _versions;
    private long _nodes;
    private long _nodeBytes;
    private ulong _lastCommitTime;

    /// <summary>The data files that are there and those that are referred to.</summary>
    public StoredDataFiles Files { get; } = new(store);

    public async ValueTask<OcdbtVerification> RunAsync(CancellationToken cancellationToken)
    {
        await Files.ListAsync(cancellationToken).ConfigureAwait(false);
        (Manifest Manifest, IndirectDataReference Place)? latest = await ReadManifestsAsync(cancellationToken).ConfigureAwait(false);
        if (latest is { } found)
        {
            await CheckManifestAsync(found.Manifest, found.Place, cancellationToken).ConfigureAwait(false);
        }

        return new OcdbtVerification
        {
            Faults = _faults.Kept,
            FaultCount = _faults.Count,
            VersionCount = _versions,
            NodeCount = _nodes,
            NodeBytes = _nodeBytes,
            DataFileCount = Files.ReachedCount,
            DataFileBytes = Files.ReachedBytes,
            Orphans = _faults.HidesSomething ? null : Files.Orphans(),
        };
    }

    /// <summary>Checks every manifest by itself.</summary>
    /// <returns>The latest with its place; null where it is damaged or where there are no versions.</returns>
    private async ValueTask<(Manifest Manifest, IndirectDataReference Place)?> ReadManifestsAsync(CancellationToken cancellationToken)
    {
        (Manifest? manifest, IndirectDataReference place) = await ReadManifestAsync(Manifest.FileName, cancellationToken).ConfigureAwait(false)
            ?? throw new StorageException("There is no OCDBT database: its manifest is missing.", store.Describe(Manifest.FileName));
        if (manifest is null)
        {
            return null;
        }

        if (manifest.Config.ManifestKind == OcdbtManifestKind.Single)
        {
            return (manifest, place);
        }

        (Manifest, IndirectDataReference)? latest = null;
        await foreach (ListEntry entry in store.ListAsync(Manifest.NumberedKeys, cancellationToken).ConfigureAwait(false))
        {
            if (Manifest.NumberedGeneration(entry.Key) is { } generation
                && await ReadManifestAsync(entry.Key, cancellationToken).ConfigureAwait(false) is { } numbered)
            {
                if (numbered.Manifest is { } whole && (whole.IsConfigOnly || whole.Latest.GenerationNumber != generation))
                {
                    _faults.Add(numbered.Place, $"manifest of generation {generation} by its name, {(whole.IsConfigOnly ? "without versions" : $"which ends with {whole.Latest.GenerationNumber}")}");
                    numbered.Manifest = null;
                    _faults.HidesSomething = true;
                }
                else if (numbered.Manifest is { } other && other.Config.Uuid != manifest.Config.Uuid)
                {
                    _faults.Add(numbered.Place, $"manifest of the database {other.Config.Uuid}, where {manifest.Config.Uuid} was expected");
                }

                latest = numbered.Manifest is null ? null : (numbered.Manifest, numbered.Place);
            }
        }

        return latest;
    }

    /// <returns>The manifest, null where it is damaged, and its place; null where the file is not there.</returns>
    private async ValueTask<(Manifest? Manifest, IndirectDataReference Place)?> ReadManifestAsync(Key key, CancellationToken cancellationToken)
    {
        ReadResult file = await store.ReadAsync(key, default, cancellationToken).ConfigureAwait(false);
        if (!file.HasValue)
        {
            return null;
        }

        IndirectDataReference place = new(new DataFileId(key.Bytes.ToArray(), 0), 0, file.TotalLength);
        return (await _faults.TryAsync(place, () => ValueTask.FromResult(Manifest.Decode(file.Value))).ConfigureAwait(false), place);
    }

    private async ValueTask CheckManifestAsync(Manifest manifest, IndirectDataReference place, CancellationToken cancellationToken)
    {
        foreach (VersionNodeReference reference in manifest.VersionTreeNodes)
        {
            await CheckVersionTreeAsync(reference, place, manifest.Config.VersionTreeArityLog2, cancellationToken).ConfigureAwait(false);
        }

        foreach (BtreeGenerationReference version in manifest.Versions)
        {
            await CheckVersionAsync(version, place, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Checks a node of the version tree and all below it, in the order of versions.</summary>
    /// <returns>How many versions there are and when the first was committed; null where a part could not be read.</returns>
    private async ValueTask<(ulong Count, ulong First)?> CheckVersionTreeAsync(
        VersionNodeReference reference, IndirectDataReference holder, int arityLog2, CancellationToken cancellationToken)
    {
        IndirectDataReference place = reference.Location;
        if (!await IsWithinFileAsync(place, "version tree node", holder, cancellationToken).ConfigureAwait(false)
            || await _faults.TryAsync(place, () => _io.GetVersionTreeNodeAsync(place, cancellationToken)).ConfigureAwait(false) is not { } node)
        {
            return null;
        }

        Count(place);
        if (await _faults.TryAsync(place, () => Validated(node, reference, arityLog2)).ConfigureAwait(false) is null)
        {
            return null;
        }

        (ulong Count, ulong First)? sum = node.Height == 0 ? ((ulong)node.Versions.Length, node.Versions[0].CommitTime) : (0, 0);
        foreach (BtreeGenerationReference version in node.Versions)
        {
            await CheckVersionAsync(version, place, cancellationToken).ConfigureAwait(false);
        }

        foreach (VersionNodeReference child in node.Children)
        {
            (ulong Count, ulong First)? part = await CheckVersionTreeAsync(child, place, arityLog2, cancellationToken).ConfigureAwait(false);
            sum = sum is { } some && part is { } more ? (some.Count + more.Count, some.Count == 0 ? more.First : some.First) : null;
        }

        if (sum is { } found && (found.Count != reference.NumGenerations || found.First != reference.CommitTime))
        {
            _faults.Add(
                holder,
                $"reference to the version tree node at {place} speaks of {reference.NumGenerations} versions from commit time {reference.CommitTime} on, "
                + $"where {found.Count} from {found.First} on were found");
        }

        return sum;
    }

    private static ValueTask<VersionTreeNode> Validated(VersionTreeNode node, VersionNodeReference reference, int arityLog2)
    {
        node.Validate(reference, arityLog2);
        return ValueTask.FromResult(node);
    }

    private async ValueTask CheckVersionAsync(BtreeGenerationReference version, IndirectDataReference holder, CancellationToken cancellationToken)
    {
        _versions++;
        if (version.CommitTime <= _lastCommitTime)
        {
            _faults.Add(holder, $"generation {version.GenerationNumber} has commit time {version.CommitTime}, which does not follow {_lastCommitTime}");
        }

        _lastCommitTime = version.CommitTime;
        if (version.Root.Location.IsMissing
            || await CheckNodeAsync(version.Root.Location, version.RootHeight, holder, cancellationToken).ConfigureAwait(false) is not { } root)
        {
            return;
        }

        string who = $"root of generation {version.GenerationNumber}";
        if (root.MaxKeyLength > FormatLimits.MaxKeyLength)
        {
            _faults.Add(version.Root.Location, $"{who} leads to a key of {root.MaxKeyLength} bytes; {FormatLimits.MaxKeyLength} is the limit");
        }

        CheckReference(who, version.Root, [], root, holder);
    }

    /// <summary>Checks a node of the B-tree and all below it, once.</summary>
    /// <returns>What its parents must agree with; null where the node could not be read.</returns>
    private async ValueTask<NodeSummary?> CheckNodeAsync(
        IndirectDataReference place, int height, IndirectDataReference holder, CancellationToken cancellationToken)
    {
        if (_summaries.TryGetValue(place, out NodeSummary? known))
        {
            return known is null || HasHeight(known.Height, height, place, holder) ? known : null;
        }

        cancellationToken.ThrowIfCancellationRequested();
        NodeSummary? summary = null;
        if (await IsWithinFileAsync(place, "B-tree node", holder, cancellationToken).ConfigureAwait(false)
            && await _faults.TryAsync(place, () => _io.GetBtreeNodeAsync(place, cancellationToken)).ConfigureAwait(false) is { } node)
        {
            Count(place);
            if (!HasHeight(node.Height, height, place, holder))
            {
                // To go on could lead in circles.
                return null;
            }

            summary = node.Height == 0
                ? await CheckLeafAsync(node, place, cancellationToken).ConfigureAwait(false)
                : await CheckInteriorAsync(node, place, cancellationToken).ConfigureAwait(false);
        }

        _summaryBytes += summary?.MemoryBytes ?? 0;
        if (_summaryBytes > summaryBytes)
        {
            _summaries.Clear();
            _summaryBytes = 0;
        }

        _summaries[place] = summary;
        return summary;
    }

    private async ValueTask<NodeSummary> CheckLeafAsync(BtreeNode node, IndirectDataReference place, CancellationToken cancellationToken)
    {
        ulong valueBytes = 0;
        int longest = 0;
        for (int i = 0; i < node.Count; i++)
        {
            longest = Math.Max(longest, node.KeyLength(i));
            if (!node.IsInline(i))
            {
                IndirectDataReference value = node.LocationAt(i);
                valueBytes += (ulong)value.Length;
                await IsWithinFileAsync(value, "value", place, cancellationToken, isValue: true).ConfigureAwait(false);
            }
        }

        return new NodeSummary(
            0, new BtreeNodeStatistics((ulong)node.Count, (ulong)place.Length, valueBytes), KeyOf(node, 0), KeyOf(node, node.Count - 1), longest, true);
    }

    private async ValueTask<NodeSummary> CheckInteriorAsync(BtreeNode node, IndirectDataReference place, CancellationToken cancellationToken)
    {
        BtreeNodeStatistics statistics = new(0, (ulong)place.Length, 0);
        bool isWhole = true;
        int longest = 0;
        byte[] last = KeyOf(node, 0);
        for (int i = 0; i < node.Count; i++)
        {
            BtreeNodeReference reference = node.ChildAt(i);
            statistics += reference.Statistics;
            if (await CheckNodeAsync(reference.Location, node.Height - 1, place, cancellationToken).ConfigureAwait(false) is not { } child)
            {
                isWhole = false;
                continue;
            }

            byte[] key = KeyOf(node, i);
            int shared = node.SubtreePrefixLength(i);
            CheckReference($"entry {i}", reference, key.AsSpan(shared), child, place);
            isWhole &= child.IsWhole;
            longest = Math.Max(longest, shared + child.MaxKeyLength);
            last = [.. key.AsSpan(0, shared), .. child.LastKey];
            if (i + 1 < node.Count && node.CompareKey(i + 1, last) <= 0)
            {
                _faults.Add(reference.Location, $"B-tree node leads to the key {new Key(last)}, which belongs below the next entry of its parent at {place}");
            }
        }

        return new NodeSummary(node.Height, statistics, KeyOf(node, 0), last, longest, isWhole);
    }

    /// <summary>Checks what a parent says about a node.</summary>
    private void CheckReference(
        string who, BtreeNodeReference reference, ReadOnlySpan<byte> minKey, NodeSummary found, IndirectDataReference holder)
    {
        if (found.FirstKey.AsSpan().SequenceCompareTo(minKey) < 0)
        {
            _faults.Add(
                reference.Location,
                $"first key {new Key(found.FirstKey)} of the B-tree node is less than {new Key(minKey.ToArray())}, by the {who} at {holder}");
        }

        if (found.IsWhole && found.Statistics != reference.Statistics)
        {
            _faults.Add(holder, $"{who} says {Text(reference.Statistics)} of the node at {reference.Location}, which has {Text(found.Statistics)}");
        }
    }

    private bool HasHeight(byte found, int expected, IndirectDataReference place, IndirectDataReference holder)
    {
        if (found == expected)
        {
            return true;
        }

        _faults.Add(place, $"B-tree node has height {found} instead of {expected}, by {holder}");
        _faults.HidesSomething = true;
        return false;
    }

    private static string Text(BtreeNodeStatistics statistics) =>
        $"{statistics.NumKeys} keys, {statistics.NumTreeBytes} bytes of nodes and {statistics.NumIndirectValueBytes} bytes of values";

    private async ValueTask<bool> IsWithinFileAsync(
        IndirectDataReference place, string what, IndirectDataReference holder, CancellationToken cancellationToken, bool isValue = false)
    {
        if (place.Length == 0 && place.File.Path.Length == 0)
        {
            return true;
        }

        (long? length, bool isFirst) = await Files.ReachAsync(place.File, cancellationToken).ConfigureAwait(false);
        if (length is null)
        {
            if (isFirst)
            {
                _faults.Add(new OcdbtFault(place.File.Path, null, null, $"data file is missing, to which {holder} refers"));
            }
        }
        else if (length < place.Offset + place.Length)
        {
            _faults.Add(place, $"{what} lies behind the end of a file of {length} bytes, by {holder}");
        }

        bool isWithin = length >= place.Offset + place.Length;
        _faults.HidesSomething |= !isWithin && !isValue;
        return isWithin;
    }

    private void Count(IndirectDataReference place)
    {
        _nodes++;
        _nodeBytes += place.Length;
        progress?.Report(new OcdbtProgress(_nodes, _nodeBytes));
    }

    private static byte[] KeyOf(BtreeNode node, int index)
    {
        byte[] key = new byte[node.KeyLength(index)];
        node.CopyKey(index, key);
        return key;
    }
}
