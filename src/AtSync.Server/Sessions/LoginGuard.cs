using System.Net;

namespace AtSync.Server.Sessions;

/// <summary>
/// Slows guessing of proofs for one atSign down. An address with many wrong ones waits before its next attempt is looked at, and when very many
/// come from everywhere, every address does that has not proven itself yet. The wait stands before the attempt, so hanging up gains nothing, and
/// a known device of the owner never waits for what strangers do.
/// </summary>
internal sealed class LoginGuard(TimeProvider clock, Func<AtServerLimits> limits)
{
    private const int KnownMax = 1000;
    private static readonly int[] Seconds = [1, 2, 3, 5, 8, 13, 21, 34, 55];

    // Guards everything below.
    private readonly Lock _gate = new();
    private readonly RecentCounts _failures = new(clock);
    private readonly HashSet<IPAddress> _known = [];
    private readonly Dictionary<IPAddress, DateTimeOffset> _closedUntil = [];
    private int _allFailures;
    private DateTimeOffset _allUntil;
    private int _waiting;

    /// <summary>How long this attempt waits before it is looked at; null when too many wait already. Each other result ends with <see cref="Leave"/>.</summary>
    public TimeSpan? Enter(IPAddress address)
    {
        lock (_gate)
        {
            var wait = WaitOf(address);
            if (wait > TimeSpan.Zero && _waiting >= limits().LoginsWaitingMax)
            {
                return null;
            }

            _waiting++;
            return wait;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            _waiting--;
        }
    }

    public void Failed(IPAddress address)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            var window = limits().LoginFailureWindow;
            _allFailures = _allUntil > now ? _allFailures + 1 : 1;
            _allUntil = now + window;
            var beyond = _failures.Add(address, window) - limits().LoginFailuresPerAddressMax;
            if (beyond >= 0)
            {
                Close(address, now, beyond);
            }
        }
    }

    public void Succeeded(IPAddress address)
    {
        lock (_gate)
        {
            _failures.Forget(address);
            _closedUntil.Remove(address);
            if (_known.Count < KnownMax)
            {
                _known.Add(address);
            }
        }
    }

    private void Close(IPAddress address, DateTimeOffset now, int beyond)
    {
        foreach (var (old, until) in _closedUntil)
        {
            if (until <= now)
            {
                _closedUntil.Remove(old);
            }
        }

        _closedUntil[address] = now + TimeSpan.FromSeconds(Seconds[Math.Min(beyond, Seconds.Length - 1)]);
    }

    private TimeSpan WaitOf(IPAddress address)
    {
        var now = clock.GetUtcNow();
        var own = _closedUntil.TryGetValue(address, out var until) && until > now ? until - now : TimeSpan.Zero;
        var beyond = _allUntil > now ? _allFailures - limits().LoginFailuresPerAtSignMax : -1;
        var ofAll = beyond >= 0 && !_known.Contains(address) ? TimeSpan.FromSeconds(Seconds[Math.Min(beyond, Seconds.Length - 1)]) : TimeSpan.Zero;
        return own > ofAll ? own : ofAll;
    }
}
