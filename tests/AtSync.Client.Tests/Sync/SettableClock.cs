namespace AtSync.Client.Tests.Sync;

/// <summary>A device's clock as its user can set it: the time of day jumps, timers and the steady counter go on.</summary>
internal sealed class SettableClock(TimeProvider steady) : TimeProvider
{
    public TimeSpan Ahead { get; set; }

    public override long TimestampFrequency => steady.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => steady.GetUtcNow() + Ahead;

    public override long GetTimestamp() => steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        steady.CreateTimer(callback, state, dueTime, period);
}
