namespace AtSync.Client.Sync;

/// <summary>
/// How far the server's clock is from this device's, and whether that may still be believed: a device's clock can be set while the program runs.
/// May be used concurrently.
/// </summary>
internal sealed class ServerClock(TimeProvider timeProvider)
{
    /// <summary>Less than this is the travel time of a notification, not a clock that was set.</summary>
    private static readonly TimeSpan JumpMin = TimeSpan.FromSeconds(2);

    // Guards everything below.
    private readonly Lock _gate = new();
    private TimeSpan _offset;
    private DateTimeOffset _measuredAt;
    private long _stamp;
    private bool _isKnown;

    /// <summary>Server clock minus ours; zero until known.</summary>
    public TimeSpan Offset
    {
        get
        {
            lock (_gate)
            {
                return _offset;
            }
        }
    }

    /// <summary>
    /// This device's clock went another way than its steady counter since the offset was measured: it was set, or the device slept. Until the server
    /// is heard again nobody knows which.
    /// </summary>
    public bool HasJumped
    {
        get
        {
            lock (_gate)
            {
                return _isKnown && (timeProvider.GetUtcNow() - _measuredAt - timeProvider.GetElapsedTime(_stamp)).Duration() > JumpMin;
            }
        }
    }

    /// <summary>The server answered a question about its time.</summary>
    public void Measure(TimeSpan offset) => Take(offset);

    /// <summary>A notification told the server's time when it left there: less exact, so it only corrects what is far off.</summary>
    public void Hear(long serverMs)
    {
        var heard = DateTimeOffset.FromUnixTimeMilliseconds(serverMs) - timeProvider.GetUtcNow();
        lock (_gate)
        {
            Take(_isKnown && (heard - _offset).Duration() <= JumpMin ? _offset : heard);
        }
    }

    private void Take(TimeSpan offset)
    {
        lock (_gate)
        {
            (_offset, _measuredAt, _stamp, _isKnown) = (offset, timeProvider.GetUtcNow(), timeProvider.GetTimestamp(), true);
        }
    }
}
