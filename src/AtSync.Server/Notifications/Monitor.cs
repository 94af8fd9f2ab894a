using AtSync.Protocol.Responses;
using AtSync.Server.Sessions;
using AtSync.Server.Verbs;
using AtSync.Storage;
using AtSync.Storage.Server;

namespace AtSync.Server.Notifications;

/// <summary>
/// One connection that follows its atSign: the log of notifications from a position of its own, and the newest commit id (however many commits
/// happen while a line is on its way, one more line follows). A peer that does not read makes its own loop wait and nobody else.
/// </summary>
internal sealed class Monitor(Session session, MonitorWish wish) : IAsyncDisposable
{
    private const int PageItems = 100;

    private readonly AsyncSignal _signal = new();
    private Task _running = Task.CompletedTask;
    private MonitorWish _wish = wish;
    private int _hasNotifications = 1;
    private int _hasCommits;

    /// <summary>From now on the connection wants something else.</summary>
    public void Change(MonitorWish wish)
    {
        Volatile.Write(ref _wish, wish);
        WakeForNotifications();
    }

    public void Start()
    {
        _running = RunAsync();
        _signal.Set();
    }

    /// <summary>There is a new commit, or it is time for a sign of life. Never waits.</summary>
    public void Wake()
    {
        Volatile.Write(ref _hasCommits, 1);
        _signal.Set();
    }

    /// <summary>There may be a new notification. Never waits.</summary>
    public void WakeForNotifications()
    {
        Volatile.Write(ref _hasNotifications, 1);
        _signal.Set();
    }

    public async ValueTask DisposeAsync()
    {
        _signal.Close();
        await _running;
    }

    private async Task RunAsync()
    {
        var line = new AnswerBuffer();
        MonitorWish? applied = null;
        var position = 0L;
        while (await _signal.WaitAsync())
        {
            var isOpen = true;
            if (Interlocked.Exchange(ref _hasNotifications, 0) == 1)
            {
                var wish = Volatile.Read(ref _wish);
                position = ReferenceEquals(wish, applied) ? position : wish.AfterPosition ?? position;
                applied = wish;
                (position, isOpen) = await SendFromAsync(position, wish, line);
            }

            if (isOpen && Interlocked.Exchange(ref _hasCommits, 0) == 1)
            {
                var server = session.Server;
                NotificationLine.WriteStats(
                    server.Owner, server.Store.LastCommitId, server.Stats.LastWasDelete, session.Clock.GetUtcNow().ToUnixTimeMilliseconds(), line);
                isOpen = await SendAsync(line);
                ServerTelemetry.StatsSent();
            }

            if (!isOpen)
            {
                return;
            }
        }
    }

    /// <summary>Sends what the log holds behind a position; returns the position reached.</summary>
    private async ValueTask<(long Position, bool IsOpen)> SendFromAsync(long position, MonitorWish wish, AnswerBuffer line)
    {
        try
        {
            while (true)
            {
                var page = await session.Server.Store.Notifications.ReadReceivedAsync(position, PageItems, CancellationToken.None);
                foreach (var stored in page)
                {
                    position = stored.Position;
                    if (IsWanted(stored, wish) && Notification.Of(stored) is var item && NotificationRules.Takes(wish.Filter, item)
                        && NotificationRules.MaySee(session.Caller, item))
                    {
                        item.ToLine(session.Server.Owner).WriteTo(line, leavesNullsOut: !session.HasSaidWho);
                        if (!await SendAsync(line))
                        {
                            return (position, false);
                        }
                    }

                    if (wish.Filter is { HasGivenUp: true })
                    {
                        // It would pass over everything from here on; the client must not think that nothing comes.
                        session.RequestEnd(KeyPattern.GivenUp);
                        return (position, false);
                    }
                }

                if (page.Count < PageItems)
                {
                    return (position, true);
                }
            }
        }
        catch (Exception failure) when (failure is StoreException or ObjectDisposedException)
        {
            // What could not be read now is read at the next news: the position stays before it.
            Log.StoreFailed(session.Host.Logger, failure, session.Id);
            return (position, true);
        }
    }

    private bool IsWanted(StoredNotification item, MonitorWish wish) =>
        item.CreatedAtMs > wish.AfterMs
        && (item.Kind == NotificationKind.Received || wish.HasSelf)
        && item.ExpiresAtMs > session.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    private async ValueTask<bool> SendAsync(AnswerBuffer line)
    {
        var isOpen = await session.Output.WriteAsync(line.Written);
        line.Release();
        return isOpen;
    }
}

/// <summary>What a connection asked of its monitor.</summary>
/// <param name="Filter">Null takes everything; statistics come whatever it says.</param>
/// <param name="HasSelf">What the atSign's server tells its own devices, too.</param>
/// <param name="AfterPosition">Where in the log to begin; null goes on where it is.</param>
/// <param name="AfterMs">Nothing that became known up to this time.</param>
internal sealed record MonitorWish(KeyPattern? Filter, bool HasSelf, long? AfterPosition, long AfterMs);
