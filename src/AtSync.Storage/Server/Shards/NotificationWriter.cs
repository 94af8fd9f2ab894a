using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>The statements that write notifications, inside the writer's transaction.</summary>
internal sealed class NotificationWriter(SqliteDatabase database)
{
    private readonly SqliteStatement _insert = database.Prepare("""
        INSERT INTO notification(tenant, id, kind, status, peer, created, expires, attempts, body)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(tenant, id) DO NOTHING
        """);
    private readonly SqliteStatement _setStatus = database.Prepare("UPDATE notification SET status=?3, attempts=?4 WHERE tenant=?1 AND id=?2");
    private readonly SqliteStatement _remove = database.Prepare("DELETE FROM notification WHERE tenant=?1 AND id=?2");
    private readonly SqliteStatement _removeExpired = database.Prepare(
        "DELETE FROM notification WHERE position IN (SELECT position FROM notification WHERE tenant=?1 AND expires<=?2 ORDER BY expires LIMIT ?3)");

    /// <summary>False when the id is held already.</summary>
    public bool TryAdd(long tenant, StoredNotification item)
    {
        _insert.Bind(1, tenant).BindText(2, item.Id).Bind(3, (long)item.Kind).Bind(4, (long)item.Status).BindText(5, item.Peer)
            .Bind(6, item.CreatedAtMs).Bind(7, item.ExpiresAtMs).Bind(8, item.Attempts).BindBlob(9, item.Body.Span).Run();
        return database.Changes == 1;
    }

    /// <summary>False when the id is not held.</summary>
    public bool SetStatus(long tenant, string id, NotificationStatus status, int attempts)
    {
        _setStatus.Bind(1, tenant).BindText(2, id).Bind(3, (long)status).Bind(4, attempts).Run();
        return database.Changes == 1;
    }

    /// <summary>False when the id was not held.</summary>
    public bool Remove(long tenant, string id)
    {
        _remove.Bind(1, tenant).BindText(2, id).Run();
        return database.Changes == 1;
    }

    /// <summary>How many were removed.</summary>
    public int RemoveExpired(long tenant, long nowMs, int limit)
    {
        _removeExpired.Bind(1, tenant).Bind(2, nowMs).Bind(3, limit).Run();
        return (int)database.Changes;
    }
}
