namespace AtSync.Server.Sessions;

/// <summary>Ends something at a moment that may be far ahead, and may be moved.</summary>
internal sealed class EndTimer(TimeProvider clock, Action end) : IDisposable
{
    /// <summary>Timers reach no further than some weeks; beyond, it is looked at again.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    // Guards everything below.
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private DateTimeOffset? _at;
    private bool _isDisposed;

    /// <summary>Null is never.</summary>
    public void Set(DateTimeOffset? at)
    {
        lock (_gate)
        {
            _at = at;
            Arm();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Arm();
        }
    }

    private void Arm()
    {
        if (_isDisposed || _at is not { } at)
        {
            _timer?.Dispose();
            _timer = null;
            return;
        }

        var wait = at - clock.GetUtcNow();
        wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait < LongestWait ? wait : LongestWait;
        _timer ??= clock.CreateTimer(static timer => ((EndTimer)timer!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_isDisposed || _at is not { } at)
            {
                return;
            }

            if (at > clock.GetUtcNow())
            {
                Arm();
                return;
            }
        }

        end();
    }
}
