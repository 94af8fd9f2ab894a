namespace AtSync.Server.Notifications;

/// <summary>
/// Tells the monitors of one atSign that it has a new commit: at once, and every so often as a sign of life. While nobody listens it costs
/// nothing but an empty list.
/// </summary>
internal sealed class StatsNotifier(TimeProvider clock, TimeSpan interval) : IDisposable
{
    // Guards the list and the timer; waking a monitor under it only sets its signal.
    private readonly Lock _gate = new();
    private readonly HashSet<Monitor> _monitors = [];
    private ITimer? _timer;
    private volatile bool _lastWasDelete;

    /// <summary>Whether the newest commit was a deletion.</summary>
    public bool LastWasDelete => _lastWasDelete;

    public int MonitorCount
    {
        get
        {
            lock (_gate)
            {
                return _monitors.Count;
            }
        }
    }

    public void Add(Monitor monitor)
    {
        lock (_gate)
        {
            _monitors.Add(monitor);
            _timer ??= clock.CreateTimer(static notifier => ((StatsNotifier)notifier!).WakeAll(), this, interval, interval);
        }
    }

    public void Remove(Monitor monitor)
    {
        lock (_gate)
        {
            _monitors.Remove(monitor);
            if (_monitors.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    /// <summary>A commit is durable.</summary>
    public void Committed(bool wasDelete)
    {
        _lastWasDelete = wasDelete;
        WakeAll();
    }

    /// <summary>A notification is durable.</summary>
    public void Notified()
    {
        lock (_gate)
        {
            foreach (var monitor in _monitors)
            {
                monitor.WakeForNotifications();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void WakeAll()
    {
        lock (_gate)
        {
            foreach (var monitor in _monitors)
            {
                monitor.Wake();
            }
        }
    }
}
