namespace AtSync.Client.Remote;

/// <summary>
/// Notices that a peer has gone quiet. While answers are owed: no byte in either direction for the request timeout, or one answer owed for
/// <see cref="RequestTimeoutsMax"/> such times, ends the connection. While none is: a long silence is probed, if asked for.
/// </summary>
internal sealed class ConnectionWatch : IAsyncDisposable
{
    /// <summary>A peer that drips bytes may keep one request alive for so many timeouts.</summary>
    public const int RequestTimeoutsMax = 20;

    /// <summary>Time for the first prompt: a server sends it at once.</summary>
    private static readonly TimeSpan GreetingTimeoutMax = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _timeProvider;
    private readonly Func<int> _owed;
    private readonly Func<(long Sent, long Received)> _bytes;
    private readonly Action<AtException> _fail;
    private readonly Action _probe;
    private readonly TimeSpan _requestTimeout;

    // Guards everything below and the timer.
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private long _lastActivity;
    private long _owedSince;
    private long _lastSent;
    private TimeSpan? _silence;
    private bool _isGreeting;
    private bool _isProbing;
    private bool _isArmed;
    private bool _isOver;

    public ConnectionWatch(
        TimeProvider timeProvider, TimeSpan requestTimeout, Func<int> owed, Func<(long Sent, long Received)> bytes, Action<AtException> fail, Action probe)
    {
        _timeProvider = timeProvider;
        _requestTimeout = requestTimeout;
        _owed = owed;
        _bytes = bytes;
        _fail = fail;
        _probe = probe;
        _timer = timeProvider.CreateTimer(static state => ((ConnectionWatch)state!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The first prompt is owed.</summary>
    public void Greeting()
    {
        lock (_gate)
        {
            _isGreeting = true;
            _owedSince = _lastActivity = _timeProvider.GetTimestamp();
            Arm(GreetingTimeout);
        }
    }

    /// <summary>The first prompt came.</summary>
    public void Greeted()
    {
        lock (_gate)
        {
            _isGreeting = false;
        }
    }

    /// <summary>A command leaves.</summary>
    public void RequestSent()
    {
        lock (_gate)
        {
            var now = _timeProvider.GetTimestamp();
            _lastActivity = now;
            if (_owed() <= 1)
            {
                _owedSince = now;
            }

            if (!_isArmed)
            {
                Arm(_requestTimeout);
            }
        }
    }

    /// <summary>The whole command has left: what is sent from here on is another one.</summary>
    public void CommandWritten()
    {
        lock (_gate)
        {
            _lastSent = _bytes().Sent;
        }
    }

    /// <summary>Bytes came.</summary>
    public void Received()
    {
        lock (_gate)
        {
            _isProbing = false;
            _lastActivity = _timeProvider.GetTimestamp();
        }
    }

    /// <summary>A whole answer came; the next one is owed from now.</summary>
    public void Answered()
    {
        lock (_gate)
        {
            _owedSince = _timeProvider.GetTimestamp();
        }
    }

    /// <summary>Turns probing on.</summary>
    public void ProbeSilence(TimeSpan silence)
    {
        lock (_gate)
        {
            _silence = silence;
            if (!_isArmed)
            {
                Arm(silence);
            }
        }
    }

    /// <summary>The connection is over.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isOver = true;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private TimeSpan GreetingTimeout => _requestTimeout < GreetingTimeoutMax ? _requestTimeout : GreetingTimeoutMax;

    private void Arm(TimeSpan due)
    {
        if (!_isOver)
        {
            _isArmed = true;
            _timer.Change(due < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : due, Timeout.InfiniteTimeSpan);
        }
    }

    private void Check()
    {
        AtException? failure = null;
        var probes = false;
        lock (_gate)
        {
            _isArmed = false;
            if (_isOver)
            {
                return;
            }

            var sent = _bytes().Sent;
            if (sent != _lastSent)
            {
                // A long command that the peer still takes is not silence.
                _lastSent = sent;
                _lastActivity = _timeProvider.GetTimestamp();
            }

            var quiet = _timeProvider.GetElapsedTime(_lastActivity);
            if (_isGreeting || _owed() > 0)
            {
                var limit = _isGreeting ? GreetingTimeout : _isProbing ? _silence ?? _requestTimeout : _requestTimeout;
                if (quiet >= limit)
                {
                    failure = Silent(_isGreeting, quiet);
                }
                else if (_timeProvider.GetElapsedTime(_owedSince) >= _requestTimeout * RequestTimeoutsMax)
                {
                    failure = Silent(_isGreeting, _timeProvider.GetElapsedTime(_owedSince));
                }
                else
                {
                    Arm(limit - quiet);
                }
            }
            else if (_silence is { } silence)
            {
                if (quiet >= silence)
                {
                    probes = true;
                    _isProbing = true;
                    Arm(silence);
                }
                else
                {
                    Arm(silence - quiet);
                }
            }
        }

        // Outside the lock: both end up in code that comes back here.
        if (failure is not null)
        {
            _fail(failure);
        }
        else if (probes)
        {
            _probe();
        }
    }

    private static AtException Silent(bool isGreeting, TimeSpan quiet) => isGreeting
        ? Faults.NotTheProtocol($"The peer accepted the connection but did not greet within {quiet.TotalSeconds:0} s.")
        : new AtException(AtFault.Network, $"The atServer did not answer for {quiet.TotalSeconds:0} s. Check the network and that the server is well.");
}
