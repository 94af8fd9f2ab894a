using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>A reading connection to a shard with its prepared statements. Used by one caller at a time; see <see cref="ReaderPool"/>.</summary>
internal sealed class ShardReader(SqliteDatabase database) : IDisposable
{
    // Greater than any UTF-8 text.
    private static readonly byte[] _end = [0xFF];

    private readonly SqliteStatement _findTenant = database.Prepare($"SELECT id, epoch, epoch_from, epoch_commit_id, {TenantTotals.Columns} FROM tenant WHERE name=?1");
    private readonly SqliteStatement _listTenants = database.Prepare(
        $"SELECT name, {TenantTotals.Columns} FROM tenant WHERE name>?1 AND {TenantTable.IsHosted} ORDER BY name LIMIT ?2");
    private readonly SqliteStatement _get = database.Prepare($"SELECT {RowReader.Columns} FROM record WHERE tenant=?1 AND key=?2 AND deleted=0");
    private readonly SqliteStatement _scan = database.Prepare(
        "SELECT key, available, expires, commit_id FROM record WHERE tenant=?1 AND key>=?2 AND key<?3 AND deleted=0 ORDER BY key");
    private readonly SqliteStatement _live = database.Prepare(LogSql(deleted: 0));
    private readonly SqliteStatement _tombstones = database.Prepare(LogSql(deleted: 1));
    private readonly SqliteStatement _lastLive = database.Prepare(LastSql(deleted: 0));
    private readonly SqliteStatement _expired = database.Prepare("SELECT 1 FROM record WHERE tenant=?1 AND expires<=?2 LIMIT 1");
    private readonly SqliteStatement _sweep = database.Prepare($"""
        SELECT id, name, EXISTS(SELECT 1 FROM record WHERE record.tenant=tenant.id AND expires<=?2)
            OR EXISTS(SELECT 1 FROM notification WHERE notification.tenant=tenant.id AND expires<=?2)
        FROM tenant WHERE id>?1 AND {TenantTable.IsHosted} ORDER BY id LIMIT ?3
        """);
    private readonly SqliteStatement _stale = database.Prepare($"""
        SELECT refresh, name, key FROM record INDEXED BY record_refresh JOIN tenant ON tenant.id=record.tenant
        WHERE refresh>=?1 AND refresh<=?2 AND refresh IS NOT NULL AND key>='cached:' AND key<'cached;' AND deleted=0 AND {TenantTable.IsHosted}
            AND (refresh, name, key)>(?1, ?3, ?4)
        ORDER BY refresh, name, key LIMIT ?5
        """);
    private readonly SqliteStatement _lastTombstone = database.Prepare(LastSql(deleted: 1));

    /// <summary>The notifications.</summary>
    public NotificationReader Notifications { get; } = new(database);

    /// <summary>Virtual-machine steps of both log walks so far: what a walk costs, without a clock.</summary>
    public int LogSteps => _live.MachineSteps + _tombstones.MachineSteps;

    /// <summary>The tenant with this name.</summary>
    public (long Id, TenantEpoch Epoch, TenantTotals Totals)? FindTenant(string name)
    {
        try
        {
            if (!_findTenant.BindText(1, name).Step())
            {
                return null;
            }

            var origin = _findTenant.TextOrNull(2) is { } from ? new EpochOrigin(from, _findTenant.Long(3)) : null;
            return (_findTenant.Long(0), new TenantEpoch(_findTenant.Text(1), origin), TenantTotals.Read(_findTenant, 4));
        }
        finally
        {
            _findTenant.Reset();
        }
    }

    /// <summary>The next tenants by name.</summary>
    public List<(string Name, TenantTotals Totals)> ListTenants(string afterName, int limit)
    {
        var tenants = new List<(string, TenantTotals)>();
        try
        {
            _listTenants.BindText(1, afterName).Bind(2, limit);
            while (_listTenants.Step())
            {
                tenants.Add((_listTenants.Text(0), TenantTotals.Read(_listTenants, 1)));
            }

            return tenants;
        }
        finally
        {
            _listTenants.Reset();
        }
    }

    /// <summary>See <see cref="IKeyStore.GetAsync"/>.</summary>
    public StoredRecord? Get(long tenant, string key)
    {
        try
        {
            return _get.Bind(1, tenant).BindText(2, key).Step() ? RowReader.ReadRecord(_get, key) : null;
        }
        finally
        {
            _get.Reset();
        }
    }

    /// <summary>See <see cref="IKeyStore.ScanAsync"/>.</summary>
    public void Scan(long tenant, string prefix, KeyVisitor visitor, CancellationToken cancellationToken)
    {
        var from = Encoding.UTF8.GetBytes(prefix);
        var to = _end;
        if (from.Length > 0)
        {
            // No byte of UTF-8 is 0xFF, so the last one can be raised.
            to = [.. from];
            to[^1]++;
        }

        try
        {
            _scan.Bind(1, tenant).BindText(2, from).BindText(3, to);
            while (_scan.Step())
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isWanted = visitor(new KeyView
                {
                    Key = _scan.Bytes(0),
                    AvailableAtMs = _scan.LongOrNull(1),
                    ExpiresAtMs = _scan.LongOrNull(2),
                    CommitId = _scan.LongOrNull(3) ?? -1,
                });
                if (!isWanted)
                {
                    return;
                }
            }
        }
        finally
        {
            _scan.Reset();
        }
    }

    /// <summary>See <see cref="IKeyStore.ReadLogAsync"/>. Live entries and tombstones are two ranges of the index, merged here.</summary>
    public void ReadLog(long tenant, long afterCommitId, long skipDeletesUntil, LogVisitor visitor, CancellationToken cancellationToken)
    {
        database.Begin();
        try
        {
            WalkLog(tenant, afterCommitId, skipDeletesUntil, visitor, cancellationToken);
        }
        finally
        {
            // Ends the snapshot and resets both walks.
            database.Rollback();
        }
    }

    /// <summary>See <see cref="IKeyStore.LastLoggedCommitIdAsync"/>.</summary>
    public long LastLogged(long tenant)
    {
        database.Begin();
        try
        {
            return Math.Max(ReadLast(_lastLive, tenant), ReadLast(_lastTombstone, tenant));
        }
        finally
        {
            database.Rollback();
        }
    }

    /// <summary>See <see cref="IStorageEngine.ReadAllAsync"/>.</summary>
    public bool ReadAll(string name, IStoreVisitor visitor, CancellationToken cancellationToken)
    {
        database.Begin();
        try
        {
            if (FindTenant(name) is not var (tenant, epoch, totals))
            {
                return false;
            }

            visitor.Head(new StoreHead(epoch.Id, totals.LastCommitId, totals.Records, totals.Bytes));
            LogVisitor show = (in LogEntryView row) =>
            {
                visitor.Row(row);
                return true;
            };
            WalkUnlogged(tenant, show, cancellationToken);
            WalkLog(tenant, afterCommitId: -1, skipDeletesUntil: -1, show, cancellationToken);
            Notifications.VisitAll(tenant, visitor.Notification, cancellationToken);
            return true;
        }
        finally
        {
            database.Rollback();
        }
    }

    /// <summary>Whether a record's expiry is at or before the time.</summary>
    public bool HasExpired(long tenant, long nowMs)
    {
        try
        {
            return _expired.Bind(1, tenant).Bind(2, nowMs).Step();
        }
        finally
        {
            _expired.Reset();
        }
    }

    /// <summary>The next tenants after a row id, each with whether it holds anything expired.</summary>
    public List<(long Id, string Name, bool HasExpired)> Sweep(long afterId, long nowMs, int limit)
    {
        var tenants = new List<(long, string, bool)>();
        try
        {
            _sweep.Bind(1, afterId).Bind(2, nowMs).Bind(3, limit);
            while (_sweep.Step())
            {
                tenants.Add((_sweep.Long(0), _sweep.Text(1), _sweep.Long(2) != 0));
            }

            return tenants;
        }
        finally
        {
            _sweep.Reset();
        }
    }

    /// <summary>See <see cref="IStorageEngine.StaleCopiesAsync"/>.</summary>
    public List<StaleCopy> StaleCopies(long nowMs, StaleCopy after, int limit)
    {
        var copies = new List<StaleCopy>();
        try
        {
            _stale.Bind(1, after.RefreshAtMs).Bind(2, nowMs).BindText(3, after.Owner.Name ?? "").BindText(4, after.Key ?? "").Bind(5, limit);
            while (_stale.Step())
            {
                copies.Add(new StaleCopy(_stale.Long(0), AtSign.Parse(_stale.Text(1)), _stale.Text(2)));
            }

            return copies;
        }
        finally
        {
            _stale.Reset();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => database.Dispose();

    /// <summary>The walk over one range of the log.</summary>
    internal static string LogSql(int deleted) =>
        $"SELECT {RowReader.Columns} FROM record INDEXED BY record_log WHERE tenant=?1 AND deleted={deleted} AND commit_id>?2 ORDER BY commit_id";

    private void WalkLog(long tenant, long afterCommitId, long skipDeletesUntil, LogVisitor visitor, CancellationToken cancellationToken)
    {
        var tombstonesAfter = afterCommitId;
        if (skipDeletesUntil > afterCommitId)
        {
            var newestTombstone = ReadLast(_lastTombstone, tenant);
            var isNewest = newestTombstone > ReadLast(_lastLive, tenant);
            tombstonesAfter = isNewest ? Math.Max(afterCommitId, Math.Min(skipDeletesUntil, newestTombstone - 1)) : skipDeletesUntil;
        }

        var hasLive = _live.Bind(1, tenant).Bind(2, afterCommitId).Step();
        var hasTombstone = _tombstones.Bind(1, tenant).Bind(2, tombstonesAfter).Step();
        while (hasLive || hasTombstone)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (hasLive && (!hasTombstone || RowReader.ReadCommitId(_live) < RowReader.ReadCommitId(_tombstones)))
            {
                if (!visitor(RowReader.ReadEntry(_live)))
                {
                    return;
                }

                hasLive = _live.Step();
            }
            else
            {
                if (!visitor(RowReader.ReadEntry(_tombstones)))
                {
                    return;
                }

                hasTombstone = _tombstones.Step();
            }
        }
    }

    private void WalkUnlogged(long tenant, LogVisitor visitor, CancellationToken cancellationToken)
    {
        using var unlogged = database.PrepareOnce(
            $"SELECT {RowReader.Columns} FROM record INDEXED BY record_key WHERE tenant=?1 AND commit_id IS NULL ORDER BY key");
        unlogged.Bind(1, tenant);
        while (unlogged.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!visitor(RowReader.ReadEntry(unlogged, commitId: -1)))
            {
                return;
            }
        }
    }

    private static string LastSql(int deleted) =>
        $"SELECT max(commit_id) FROM record INDEXED BY record_log WHERE tenant=?1 AND deleted={deleted} AND commit_id IS NOT NULL";

    private static long ReadLast(SqliteStatement statement, long tenant)
    {
        try
        {
            return statement.Bind(1, tenant).Step() ? statement.LongOrNull(0) ?? -1 : -1;
        }
        finally
        {
            statement.Reset();
        }
    }
}
