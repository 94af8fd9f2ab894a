namespace AtSync.Server.Sessions;

/// <summary>
/// Ends a connection on which nothing was read or written for too long. One timer per connection; activity only notes the time, so it costs
/// nothing per command.
/// </summary>
internal sealed class IdleWatch : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly Func<TimeSpan> _limit;
    private readonly Action _expired;
    private readonly ITimer _timer;
    private long _lastActivity;

    public IdleWatch(TimeProvider clock, Func<TimeSpan> limit, Action expired)
    {
        _clock = clock;
        _limit = limit;
        _expired = expired;
        _lastActivity = clock.GetTimestamp();
        _timer = clock.CreateTimer(static watch => ((IdleWatch)watch!).Look(), this, limit(), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something happened, and the limit is another one now.</summary>
    public void Restart()
    {
        Touch();
        _timer.Change(_limit(), Timeout.InfiniteTimeSpan);
    }

    public void Touch() => Volatile.Write(ref _lastActivity, _clock.GetTimestamp());

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var left = _limit() - _clock.GetElapsedTime(Volatile.Read(ref _lastActivity));
        if (left <= TimeSpan.Zero)
        {
            _expired();
        }
        else
        {
            // Rounded up: a timer that is a hair early would only have to wait again.
            _timer.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
    }
}
