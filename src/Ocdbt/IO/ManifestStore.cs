using System.Diagnostics;
using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.IO;

/// <summary>Reads the latest manifest, of whichever kind, and replaces it by compare-and-swap.</summary>
internal sealed class ManifestStore(IKvStore store)
{
    private readonly IChangeDetector? _changes = store as IChangeDetector;
    private ManifestState? _state;
    private CheckOfState? _check;
    private long _readAt;

    /// <summary>The latest manifest that was read or written; null where there has been none.</summary>
    public ManifestState? Known => Volatile.Read(ref _state);

    /// <summary>The latest manifest.</summary>
    /// <param name="maxAge">How long ago it may have been read; negative for any time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null where there is no database.</returns>
    public ValueTask<ManifestState?> GetAsync(TimeSpan maxAge, CancellationToken cancellationToken) =>
        TryGetCurrent(maxAge) is { } state ? ValueTask.FromResult<ManifestState?>(state) : ReadAsync(cancellationToken);

    /// <summary>
    /// The manifest that is known, if it was read lately enough, or if the store can tell at once that it is still the same; otherwise null.
    /// </summary>
    /// <param name="maxAge">How long ago it may have been read; negative for any time.</param>
    public ManifestState? TryGetCurrent(TimeSpan maxAge)
    {
        if (Known is not { } state)
        {
            return null;
        }

        if (maxAge < TimeSpan.Zero || (maxAge > TimeSpan.Zero && Stopwatch.GetElapsedTime(Volatile.Read(ref _readAt)) <= maxAge))
        {
            return state;
        }

        long now = Stopwatch.GetTimestamp();
        if (state.Manifest.Config.ManifestKind != OcdbtManifestKind.Single || !IsUnchanged(state))
        {
            return null;
        }

        // What is known is as good as read just now.
        Volatile.Write(ref _readAt, now);
        return state;
    }

    /// <summary>Takes a database without versions for granted, until a manifest is written or found. Its manifest is a single one.</summary>
    public ManifestState Announce(Config config)
    {
        ManifestState state = new(new Manifest(config, [], []), StorageGeneration.NoValue, []);
        Learn(state);
        return state;
    }

    /// <summary>Writes the first manifest of a database.</summary>
    /// <returns>Whether there was none before.</returns>
    public async ValueTask<bool> TryCreateAsync(Manifest first, CancellationToken cancellationToken)
    {
        bool isSingle = first.Config.ManifestKind == OcdbtManifestKind.Single;
        Manifest manifest = isSingle ? first : new Manifest(first.Config, [], []);
        StorageGeneration written = await store.WriteAsync(
            Manifest.FileName, manifest.Encode(), new WriteOptions { IfEqual = StorageGeneration.NoValue }, cancellationToken).ConfigureAwait(false);
        if (written.IsUnknown)
        {
            return false;
        }

        return isSingle ? Learn(new ManifestState(first, written, []))
            : await TryUpdateNumberedAsync(new ManifestState(manifest, written, []), first, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts a manifest in the place of another.</summary>
    /// <returns>
    /// Whether <paramref name="old"/> was still the latest. Where manifests are numbered, that is certain only if the version is found again
    /// among those of the latest manifest: a writer that was held up for long may put back a number that others used and deleted.
    /// </returns>
    public async ValueTask<bool> TryUpdateAsync(ManifestState old, Manifest next, CancellationToken cancellationToken)
    {
        if (next.Config.ManifestKind == OcdbtManifestKind.Numbered)
        {
            return await TryUpdateNumberedAsync(old, next, cancellationToken).ConfigureAwait(false);
        }

        StorageGeneration written = await store.WriteAsync(
            Manifest.FileName, next.Encode(), new WriteOptions { IfEqual = old.Generation }, cancellationToken).ConfigureAwait(false);
        return !written.IsUnknown && Learn(new ManifestState(next, written, []));
    }

    private async ValueTask<bool> TryUpdateNumberedAsync(ManifestState old, Manifest next, CancellationToken cancellationToken)
    {
        ulong number = next.Latest.GenerationNumber;
        StorageGeneration written = await store.WriteAsync(
            Manifest.NumberedKey(number), next.Encode(), new WriteOptions { IfEqual = StorageGeneration.NoValue }, cancellationToken).ConfigureAwait(false);
        if (written.IsUnknown)
        {
            return false;
        }

        foreach (ulong obsolete in old.Numbers.Where(present => present < number && number - present > FormatLimits.NumberedManifestsToKeep))
        {
            await store.DeleteAsync(Manifest.NumberedKey(obsolete), default, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private async ValueTask<ManifestState?> ReadAsync(CancellationToken cancellationToken)
    {
        ManifestState? known = Known;
        long now = Stopwatch.GetTimestamp();
        bool isAnnounced = known?.Generation == StorageGeneration.NoValue;
        ReadOptions options = new() { IfNotEqual = known is null || isAnnounced ? StorageGeneration.Unknown : known.Generation };
        ReadResult file = await store.ReadAsync(Manifest.FileName, options, cancellationToken).ConfigureAwait(false);
        if (file.State == ReadState.Missing)
        {
            return isAnnounced ? known : null;
        }

        Manifest top = file.State == ReadState.Unchanged ? known!.Manifest : Decode(Manifest.FileName, file.Value);
        ManifestState state = top.Config.ManifestKind == OcdbtManifestKind.Single
            ? file.State == ReadState.Unchanged ? known! : new ManifestState(top, file.Generation, [])
            : await ReadNumberedAsync(top, file.Generation, known, cancellationToken).ConfigureAwait(false);
        Learn(state, now);
        return state;
    }

    private async ValueTask<ManifestState> ReadNumberedAsync(
        Manifest top, StorageGeneration generation, ManifestState? known, CancellationToken cancellationToken)
    {
        for (ulong missing = 0; ;)
        {
            List<ulong> numbers = [];
            await foreach (ListEntry entry in store.ListAsync(Manifest.NumberedKeys, cancellationToken).ConfigureAwait(false))
            {
                if (Manifest.NumberedGeneration(entry.Key) is { } number)
                {
                    numbers.Add(number);
                }
            }

            if (numbers.Count == 0)
            {
                return new ManifestState(new Manifest(top.Config, [], []), generation, []);
            }

            if (known is { Manifest.IsConfigOnly: false } && known.Manifest.Config == top.Config && known.Manifest.Latest.GenerationNumber == numbers[^1])
            {
                return known.Numbers.AsSpan().SequenceEqual(numbers.ToArray()) ? known : known with { Numbers = [.. numbers] };
            }

            Key key = Manifest.NumberedKey(numbers[^1]);
            ReadResult file = await store.ReadAsync(key, default, cancellationToken).ConfigureAwait(false);
            if (file.HasValue)
            {
                return new ManifestState(DecodeNumbered(key, file.Value, numbers[^1], top.Config), generation, [.. numbers]);
            }

            // A writer deletes old manifests behind its newest: one that was listed and is gone has been followed by a newer one.
            if (numbers[^1] == missing)
            {
                throw new StorageException("This manifest is listed, but cannot be read.", store.Describe(key));
            }

            missing = numbers[^1];
        }
    }

    private Manifest DecodeNumbered(Key key, ReadOnlyMemory<byte> bytes, ulong number, Config config)
    {
        Manifest manifest = Decode(key, bytes);
        string? fault = manifest.IsConfigOnly ? "numbered manifest has no versions"
            : manifest.Latest.GenerationNumber != number
                ? $"numbered manifest ends with generation {manifest.Latest.GenerationNumber}, where generation {number} was expected"
            : (manifest.Config with { ManifestKind = OcdbtManifestKind.Numbered }).Mismatch(config.ToPublic()) is { } mismatch
                ? $"numbered manifest is not of the database of {Manifest.FileName}: {mismatch}"
            : null;
        return fault is null
            ? new Manifest(config, manifest.Versions, manifest.VersionTreeNodes)
            : throw new CorruptDataException(fault, store.Describe(key));
    }

    private Manifest Decode(Key key, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return Manifest.Decode(bytes);
        }
        catch (OcdbtSharpException exception)
        {
            throw exception.At(store.Describe(key));
        }
    }

    private bool IsUnchanged(ManifestState state)
    {
        // A check holds for the state that it was made for.
        CheckOfState? made = Volatile.Read(ref _check);
        if (!ReferenceEquals(made?.State, state))
        {
            if (_changes?.CreateCheck(Manifest.FileName, state.Generation) is not { } created)
            {
                return false;
            }

            made = new CheckOfState(state, created);
            Volatile.Write(ref _check, made);
        }

        return made.Check.IsUnchanged();
    }

    private bool Learn(ManifestState state) => Learn(state, Stopwatch.GetTimestamp());

    /// <summary>Remembers a state unless a later one is known.</summary>
    private bool Learn(ManifestState state, long readAt)
    {
        ManifestState? known = Known;
        while (known is null || known.Manifest.IsConfigOnly || known.Manifest.Config != state.Manifest.Config
            || (!state.Manifest.IsConfigOnly && state.Manifest.Latest.GenerationNumber >= known.Manifest.Latest.GenerationNumber))
        {
            ManifestState? found = Interlocked.CompareExchange(ref _state, state, known);
            if (ReferenceEquals(found, known))
            {
                Volatile.Write(ref _readAt, readAt);
                break;
            }

            known = found;
        }

        return true;
    }

    private sealed record CheckOfState(ManifestState State, IChangeCheck Check);
}
