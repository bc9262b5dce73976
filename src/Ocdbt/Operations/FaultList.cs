using OcdbtSharp.KvStore;
using OcdbtSharp.Ocdbt.Format;

namespace OcdbtSharp.Ocdbt.Operations;

/// <summary>The faults found so far, of which only the first are kept.</summary>
internal sealed class FaultList
{
    private readonly List<OcdbtFault> _faults = [];
    private readonly HashSet<OcdbtFault> _seen = [];

    public IReadOnlyList<OcdbtFault> Kept => _faults;

    public long Count { get; private set; }

    /// <summary>Whether a manifest or node could not be read, so that what lies below it is not known.</summary>
    public bool HidesSomething { get; set; }

    public void Add(IndirectDataReference place, string problem) => Add(new OcdbtFault(place.File.Path, place.Offset, place.Length, problem));

    public void Add(OcdbtFault fault)
    {
        if (_faults.Count < OcdbtVerification.MaxFaults)
        {
            if (!_seen.Add(fault))
            {
                return;
            }

            _faults.Add(fault);
        }

        Count++;
    }

    /// <summary>Runs what reads a structure; where it is damaged, the fault is added and the result is the default.</summary>
    public async ValueTask<T?> TryAsync<T>(IndirectDataReference place, Func<ValueTask<T>> read)
        where T : class
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (OcdbtSharpException error) when (error is CorruptDataException or UnsupportedFormatException)
        {
            Add(place, error.Problem);
            HidesSomething = true;
            return null;
        }
    }
}
