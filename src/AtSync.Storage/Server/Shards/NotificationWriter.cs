using AtSync.Protocol;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>The statements that write notifications, inside the writer's transaction. They keep the tenant's counts true.</summary>
internal sealed class NotificationWriter(SqliteDatabase database)
{
    // Room for one notification is made by removing this many expired ones at a time, so that a full log does not pay for each newcomer.
    private const int ExpiredPerRoom = 100;

    private const string Size = "octet_length(id) + octet_length(peer) + octet_length(body)";

    // Of one topic for one peer, those that wait beyond the newest ?4.
    private const string Outdated = """
        FROM notification INDEXED BY notification_topic
        WHERE tenant=?1 AND peer=?2 AND topic=?3 AND kind=1 AND status=0 ORDER BY position DESC LIMIT -1 OFFSET ?4
        """;

    private readonly SqliteStatement _insert = database.Prepare("""
        INSERT INTO notification(tenant, id, kind, status, peer, created, expires, attempts, topic, body)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT(tenant, id) DO NOTHING
        """);
    private readonly SqliteStatement _isHeld = database.Prepare("SELECT 1 FROM notification WHERE tenant=?1 AND id=?2");
    private readonly SqliteStatement _setStatus = database.Prepare("UPDATE notification SET status=?3, attempts=?4 WHERE tenant=?1 AND id=?2");
    private readonly SqliteStatement _remove = database.Prepare($"DELETE FROM notification WHERE tenant=?1 AND id=?2 RETURNING {Size}");
    private readonly SqliteStatement _removeExpired = database.Prepare(
        $"DELETE FROM notification WHERE position IN (SELECT position FROM notification WHERE tenant=?1 AND expires<=?2 ORDER BY expires LIMIT ?3) RETURNING {Size}");
    private readonly SqliteStatement _sumOutdated = database.Prepare($"SELECT count(*), coalesce(sum(size), 0) FROM (SELECT {Size} AS size {Outdated})");
    private readonly SqliteStatement _removeOutdated = database.Prepare(
        $"DELETE FROM notification WHERE position IN (SELECT position {Outdated}) RETURNING {Size}");

    /// <summary>Null when there is room for it, after expired ones went where that is needed; its error otherwise. One that is held already needs none.</summary>
    public AtError? MakeRoom(long tenant, TenantTotals totals, StoreQuota allowed, StoredNotification item)
    {
        while (allowed.CheckNotification(item, totals.Notifications, totals.NotificationBytes) is { } error)
        {
            if (IsHeld(tenant, item.Id))
            {
                return null;
            }

            if (item.Topic is not null)
            {
                // Its predecessors make room once it is there; nothing may be lost for one that is refused.
                var (count, bytes) = SumOutdated(tenant, item);
                if (allowed.CheckNotification(item, totals.Notifications - count, totals.NotificationBytes - bytes) is null)
                {
                    return null;
                }
            }

            if (RemoveExpired(tenant, totals, item.CreatedAtMs, ExpiredPerRoom) == 0)
            {
                return error;
            }
        }

        return null;
    }

    /// <summary>False when the id is held already.</summary>
    public bool TryAdd(long tenant, TenantTotals totals, StoredNotification item)
    {
        _insert.Bind(1, tenant).BindText(2, item.Id).Bind(3, (long)item.Kind).Bind(4, (long)item.Status).BindText(5, item.Peer)
            .Bind(6, item.CreatedAtMs).Bind(7, item.ExpiresAtMs).Bind(8, item.Attempts).BindTextOrNull(9, item.Topic).BindBlob(10, item.Body.Span).Run();
        if (database.Changes == 0)
        {
            return false;
        }

        totals.Notifications++;
        totals.NotificationBytes += item.Size;
        if (item.Topic is not null)
        {
            RunRemoval(_removeOutdated.Bind(1, tenant).BindText(2, item.Peer).BindText(3, item.Topic).Bind(4, item.TopicMax), totals);
        }

        return true;
    }

    /// <summary>False when the id is not held.</summary>
    public bool SetStatus(long tenant, string id, NotificationStatus status, int attempts)
    {
        _setStatus.Bind(1, tenant).BindText(2, id).Bind(3, (long)status).Bind(4, attempts).Run();
        return database.Changes == 1;
    }

    /// <summary>False when the id was not held.</summary>
    public bool Remove(long tenant, TenantTotals totals, string id) => RunRemoval(_remove.Bind(1, tenant).BindText(2, id), totals) == 1;

    /// <summary>How many were removed.</summary>
    public int RemoveExpired(long tenant, TenantTotals totals, long nowMs, int limit) =>
        RunRemoval(_removeExpired.Bind(1, tenant).Bind(2, nowMs).Bind(3, limit), totals);

    private bool IsHeld(long tenant, string id)
    {
        try
        {
            return _isHeld.Bind(1, tenant).BindText(2, id).Step();
        }
        finally
        {
            _isHeld.Reset();
        }
    }

    private (long Count, long Bytes) SumOutdated(long tenant, StoredNotification newest)
    {
        try
        {
            // The newest itself is not there yet.
            _sumOutdated.Bind(1, tenant).BindText(2, newest.Peer).BindText(3, newest.Topic!).Bind(4, newest.TopicMax - 1).Step();
            return (_sumOutdated.Long(0), _sumOutdated.Long(1));
        }
        finally
        {
            _sumOutdated.Reset();
        }
    }

    private static int RunRemoval(SqliteStatement removal, TenantTotals totals)
    {
        var count = 0;
        try
        {
            while (removal.Step())
            {
                totals.NotificationBytes -= removal.Long(0);
                count++;
            }
        }
        finally
        {
            removal.Reset();
        }

        totals.Notifications -= count;
        return count;
    }
}
