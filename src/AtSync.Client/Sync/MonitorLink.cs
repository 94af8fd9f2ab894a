using AtSync.Client.Remote;
using AtSync.Protocol.Responses;

namespace AtSync.Client.Sync;

/// <summary>
/// The server's voice: hears the statistics notifications, on the connection of the requests where the peer allows it, else on one of its own.
/// Belongs to the live loop.
/// </summary>
internal sealed class MonitorLink(RemoteSecondary remote, SyncLimits limits, ServerClock clock, WakeSignal wake) : IAsyncDisposable
{
    private RemoteConnection? _listening;
    private RemoteConnection? _own;
    private CancellationTokenRegistration _closed;
    private long _lastId = -1;

    /// <summary>The newest commit id the server told since the connection was made; -1 when none.</summary>
    public long LastId => Volatile.Read(ref _lastId);

    /// <summary>Whether the server would be heard.</summary>
    public bool IsListening => _listening is { Failure: null };

    /// <summary>Listens, if it does not already. What is committed from now on is heard, so a pull afterwards misses nothing.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var connection = await remote.GetConnectionAsync(cancellationToken);
        var features = await connection.GetFeaturesAsync(cancellationToken);
        var isShared = connection.IsPipelined && features.Has(ServerFeatures.MultiplexedMonitor);
        if (IsListening && (!isShared || ReferenceEquals(_listening, connection)))
        {
            return;
        }

        await CloseAsync();
        if (!isShared)
        {
            _own = connection = await remote.OpenAsync(cancellationToken);
        }

        Volatile.Write(ref _lastId, -1);
        // What an earlier connection told may be higher than anything a server that was restored will tell for long.
        Volatile.Write(ref _lastId, -1);
        connection.Notified = Hear;
        connection.ProbeSilence(limits.SilenceTimeout);
        await connection.StartMonitorAsync(cancellationToken);
        _listening = connection;
        _closed = connection.Closed.UnsafeRegister(static state => ((WakeSignal)state!).Set(WakeReasons.Disconnected), wake);
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task CloseAsync()
    {
        _listening = null;
        await _closed.DisposeAsync();
        if (_own is { } own)
        {
            _own = null;
            await own.DisposeAsync();
        }
    }

    private void Hear(NotificationLine line)
    {
        if (line.StatsCommitId is not { } id)
        {
            return;
        }

        clock.Hear(line.EpochMs);
        if (id > LastId)
        {
            Volatile.Write(ref _lastId, id);
            wake.Set(WakeReasons.Committed);
        }
    }
}
