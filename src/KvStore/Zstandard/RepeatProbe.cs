using System.Runtime.CompilerServices;
using OcdbtSharp.KvStore.Buffers;

namespace OcdbtSharp.KvStore.Zstandard;

/// <summary>
/// Looks in samples of data for sequences that occur again, as an encoder does that looks at all of it: every so often a place is remembered,
/// and short runs of places are looked up, each aligned as elements are.
/// </summary>
internal static unsafe class RepeatProbe
{
    // What is looked for: longer than what random bytes repeat by chance.
    private const int SequenceLength = sizeof(ulong);

    // Bytes from one run to the next, of a run, and from one place that is looked up in it to the next.
    private const int RunStep = 16 << 10;
    private const int RunLength = 256;
    private const int LookUpStep = 4;

    // Bytes from one remembered place to the next, in a run and outside. Most of the data is not even touched.
    private const int RememberStep = 16;
    private const int FarRememberStep = 1 << 10;

    // Places that are remembered at a time: those of the last two mebibytes.
    private const int TableLog = 12;

    // Most of the places looked up that may be found again where nothing else repeats than by chance.
    private const int ToleratedShare = 2000;

    [ThreadStatic]
    private static long[]? t_places;

    /// <summary>Whether more repeats than a few sequences.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Repeats(ReadOnlyLongSpan data)
    {
        long[] table = t_places ??= new long[1 << TableLog];
        Array.Clear(table);
        long found = 0;
        long lookedUp = 0;
        fixed (byte* start = &data.First)
        fixed (long* places = table)
        {
            for (long run = 0; run + RunStep <= data.Length - SequenceLength; run += RunStep)
            {
                long end = run + RunStep;
                for (long place = run; place < run + RunLength; place += LookUpStep)
                {
                    ulong sequence = Unsafe.ReadUnaligned<ulong>(start + place);
                    long* slot = places + Slot(sequence);
                    found += *slot > 0 && Unsafe.ReadUnaligned<ulong>(start + *slot - 1) == sequence ? 1 : 0;
                    if (place % RememberStep == 0)
                    {
                        *slot = place + 1;
                    }
                }

                for (long place = run + FarRememberStep; place < end; place += FarRememberStep)
                {
                    places[Slot(Unsafe.ReadUnaligned<ulong>(start + place))] = place + 1;
                }

                lookedUp += RunLength / LookUpStep;
            }
        }

        return found > lookedUp / ToleratedShare;
    }

    private static long Slot(ulong sequence) => (long)((sequence * 0x9E3779B97F4A7C15) >> (64 - TableLog));
}
