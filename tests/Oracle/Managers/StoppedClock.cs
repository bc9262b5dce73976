namespace OcdbtSharp.Oracle.Tests.Managers;

/// <summary>A clock that goes on only when it is told to.</summary>
internal sealed class StoppedClock : TimeProvider
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000).AddMilliseconds(250);

    private DateTimeOffset _now = Start;

    /// <summary>Nanoseconds since 1970 UTC.</summary>
    public long Nanoseconds => (_now - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _now;

    /// <summary>Lets time pass.</summary>
    public void Advance(double seconds) => _now = _now.AddMilliseconds(Math.Round(seconds * 1000));
}
