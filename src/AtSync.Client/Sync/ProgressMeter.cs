using AtSync.Client.Remote;

namespace AtSync.Client.Sync;

/// <summary>Counts what a round does and tells it after each step.</summary>
internal sealed class ProgressMeter(TimeProvider timeProvider, Action<SyncProgress> tell)
{
    private SyncPhase _phase = SyncPhase.Idle;
    private long _done;
    private long _total;
    private long _since;
    private long _bytesBefore;
    private RemoteConnection? _connection;

    /// <summary>A round begins on this connection.</summary>
    public void Begin(RemoteConnection connection)
    {
        _connection = connection;
        _bytesBefore = Total(connection);
    }

    /// <summary>Enters a phase.</summary>
    public void Enter(SyncPhase phase, long total = 0)
    {
        if (_phase == SyncPhase.Idle && phase == SyncPhase.Idle)
        {
            return;
        }

        _phase = phase;
        _done = 0;
        _total = Math.Max(0, total);
        _since = timeProvider.GetTimestamp();
        Tell();
    }

    /// <summary>So many more items are done.</summary>
    public void Advance(long items)
    {
        _done += items;
        _total = Math.Max(_total, _done);
        Tell();
    }

    private void Tell()
    {
        var seconds = timeProvider.GetElapsedTime(_since).TotalSeconds;
        var bytes = _connection is { } connection ? Math.Max(0, Total(connection) - _bytesBefore) : 0;
        tell(new SyncProgress(_phase, _done, _total, bytes, seconds > 0 ? _done / seconds : 0));
    }

    private static long Total(RemoteConnection connection)
    {
        var (sent, received) = connection.Bytes;
        return sent + received;
    }
}
