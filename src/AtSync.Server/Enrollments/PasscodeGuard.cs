namespace AtSync.Server.Enrollments;

/// <summary>
/// Slows guessing of passcodes down, for the atSign as a whole: each wrong one waits longer than the one before (1, 2, 3, 5, 8 … 55 seconds). The
/// wait counts for whoever comes next, too: hanging up instead of waiting for the answer gains nothing.
/// </summary>
internal sealed class PasscodeGuard(TimeProvider clock, Func<AtServerLimits> limits)
{
    private static readonly int[] Seconds = [1, 2, 3, 5, 8, 13, 21, 34, 55];

    // Guards everything below.
    private readonly Lock _gate = new();
    private int _failures;
    private int _waiting;
    private DateTimeOffset _lastFailure = DateTimeOffset.MinValue;
    private DateTimeOffset _closedUntil = DateTimeOffset.MinValue;

    /// <summary>How long this attempt has to wait before its passcode is looked at; null when too many are waiting. Each other result ends with <see cref="Leave"/>.</summary>
    public TimeSpan? Enter()
    {
        lock (_gate)
        {
            if (_waiting >= limits().PasscodesWaitingMax)
            {
                return null;
            }

            _waiting++;
            var wait = _closedUntil - clock.GetUtcNow();
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            _waiting--;
        }
    }

    /// <summary>A wrong passcode: how long its answer has to wait.</summary>
    public TimeSpan Failed()
    {
        lock (_gate)
        {
            var wait = TimeSpan.FromSeconds(Seconds[Math.Min(_failures, Seconds.Length - 1)]);
            _failures++;
            _lastFailure = clock.GetUtcNow();
            _closedUntil = _lastFailure + wait;
            return wait;
        }
    }

    /// <summary>A right one: the series begins anew when the last wrong one is long ago.</summary>
    public void Succeeded()
    {
        lock (_gate)
        {
            if (clock.GetUtcNow() - _lastFailure >= limits().PasscodeCalm)
            {
                _failures = 0;
            }
        }
    }
}
