using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>The statements that read notifications, of one reading connection.</summary>
internal sealed class NotificationReader(SqliteDatabase database)
{
    private const string Columns = "position, id, kind, status, peer, created, expires, attempts, topic, body";

    private readonly SqliteStatement _last = database.Prepare("SELECT max(position) FROM notification WHERE tenant=?1 AND kind<>1");
    private readonly SqliteStatement _find = database.Prepare($"SELECT {Columns} FROM notification WHERE tenant=?1 AND id=?2");
    private readonly SqliteStatement _received = database.Prepare(
        $"SELECT {Columns} FROM notification INDEXED BY notification_received WHERE tenant=?1 AND kind<>1 AND position>?2 ORDER BY position LIMIT ?3");
    private readonly SqliteStatement _queued = database.Prepare(
        $"SELECT {Columns} FROM notification INDEXED BY notification_queue WHERE tenant=?1 AND peer=?4 AND kind=1 AND status=0 AND position>?2 ORDER BY position LIMIT ?3");
    private readonly SqliteStatement _peers = database.Prepare(
        "SELECT DISTINCT peer FROM notification INDEXED BY notification_queue WHERE tenant=?1 AND kind=1 AND status=0 ORDER BY peer");
    private readonly SqliteStatement _all = database.Prepare("SELECT kind, status, body FROM notification WHERE tenant=?1");
    private readonly SqliteStatement _expired = database.Prepare("SELECT 1 FROM notification WHERE tenant=?1 AND expires<=?2 LIMIT 1");

    /// <summary>See <see cref="INotificationLog.LastPositionAsync"/>.</summary>
    public long LastPosition(long tenant) => Read(_last.Bind(1, tenant), row => row.Step() ? row.Long(0) : 0);

    /// <summary>See <see cref="INotificationLog.FindAsync"/>.</summary>
    public StoredNotification? Find(long tenant, string id) =>
        Read(_find.Bind(1, tenant).BindText(2, id), row => row.Step() ? ReadRow(row) : null);

    /// <summary>See <see cref="INotificationLog.ReadReceivedAsync"/>.</summary>
    public IReadOnlyList<StoredNotification> ReadReceived(long tenant, long afterPosition, int limit) =>
        Read(_received.Bind(1, tenant).Bind(2, afterPosition).Bind(3, limit), ReadRows);

    /// <summary>See <see cref="INotificationLog.ReadQueuedAsync"/>.</summary>
    public IReadOnlyList<StoredNotification> ReadQueued(long tenant, string peer, long afterPosition, int limit) =>
        Read(_queued.Bind(1, tenant).Bind(2, afterPosition).Bind(3, limit).BindText(4, peer), ReadRows);

    /// <summary>See <see cref="INotificationLog.QueuedPeersAsync"/>.</summary>
    public IReadOnlyList<string> QueuedPeers(long tenant) => Read(
        _peers.Bind(1, tenant),
        row =>
        {
            var peers = new List<string>();
            while (row.Step())
            {
                peers.Add(row.Text(0));
            }

            return peers;
        });

    /// <summary>See <see cref="INotificationLog.VisitAsync"/>.</summary>
    public void Visit(long tenant, NotificationVisitor visitor, CancellationToken cancellationToken)
    {
        try
        {
            _all.Bind(1, tenant);
            while (_all.Step())
            {
                cancellationToken.ThrowIfCancellationRequested();
                visitor(new NotificationView
                {
                    Kind = (NotificationKind)_all.Long(0),
                    Status = (NotificationStatus)_all.Long(1),
                    Body = _all.Bytes(2),
                });
            }
        }
        finally
        {
            _all.Reset();
        }
    }

    /// <summary>Every notification in the order of their positions.</summary>
    public void VisitAll(long tenant, Action<StoredNotification> visit, CancellationToken cancellationToken)
    {
        using var all = database.PrepareOnce($"SELECT {Columns} FROM notification WHERE tenant=?1 ORDER BY position");
        all.Bind(1, tenant);
        while (all.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            visit(ReadRow(all));
        }
    }

    /// <summary>Whether anything is expired.</summary>
    public bool HasExpired(long tenant, long nowMs) => Read(_expired.Bind(1, tenant).Bind(2, nowMs), row => row.Step());

    private static T Read<T>(SqliteStatement statement, Func<SqliteStatement, T> read)
    {
        try
        {
            return read(statement);
        }
        finally
        {
            statement.Reset();
        }
    }

    private static List<StoredNotification> ReadRows(SqliteStatement row)
    {
        var rows = new List<StoredNotification>();
        while (row.Step())
        {
            rows.Add(ReadRow(row));
        }

        return rows;
    }

    private static StoredNotification ReadRow(SqliteStatement row) => new()
    {
        Position = row.Long(0),
        Id = row.Text(1),
        Kind = (NotificationKind)row.Long(2),
        Status = (NotificationStatus)row.Long(3),
        Peer = row.Text(4),
        CreatedAtMs = row.Long(5),
        ExpiresAtMs = row.Long(6),
        Attempts = (int)row.Long(7),
        Topic = row.TextOrNull(8),
        Body = row.Bytes(9).ToArray(),
    };
}
