using System.Buffers;
using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>
/// The writing side of a shard file: one open transaction at a time, and what jobs may do inside it. Nothing read from memory decides
/// here: a tenant's totals are read from its row when the transaction first meets it, and written back before the commit.
/// </summary>
internal sealed class ShardTransaction(SqliteDatabase database, QuotaDefault quota)
{
    private const int StackBytesMax = 1024;

    private readonly SqliteStatement _readTenant = database.Prepare(
        $"SELECT {TenantTotals.Columns} FROM tenant WHERE id=?1 AND name IS NOT NULL");
    private readonly SqliteStatement _writeTenant = database.Prepare(
        "UPDATE tenant SET last_commit_id=?2, records=?3, bytes=?4, notifications=?5, notification_bytes=?6 WHERE id=?1");
    private readonly SqliteStatement _find = database.Prepare($"SELECT {RowReader.Columns} FROM record WHERE tenant=?1 AND key=?2");
    private readonly SqliteStatement _findCommit = database.Prepare(
        "SELECT 1 FROM record INDEXED BY record_log WHERE tenant=?1 AND deleted IN (0, 1) AND commit_id=?2");
    private readonly SqliteStatement _delete = database.Prepare("DELETE FROM record WHERE id=?1");
    private readonly SqliteStatement _insert = database.Prepare("""
        INSERT INTO record(tenant, key, deleted, commit_id, op, op_time, version, created, updated, available, expires, refresh, metadata, value)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        """);
    private readonly SqliteStatement _update = database.Prepare("""
        UPDATE record SET deleted=?3, commit_id=?4, op=?5, op_time=?6, version=?7, created=?8, updated=?9, available=?10, expires=?11,
        refresh=?12, metadata=?13, value=?14 WHERE id=?1
        """);
    private readonly SqliteStatement _findExpired = database.Prepare("""
        SELECT id, key, octet_length(key) + octet_length(metadata) + coalesce(octet_length(value), 0) FROM record
        WHERE tenant=?1 AND expires<=?2 ORDER BY expires LIMIT 1
        """);

    private readonly Dictionary<long, (SqliteKeyStore Store, TenantTotals Totals, StoreQuota Allowed)> _touched = [];

    private readonly NotificationWriter _notifications = new(database);

    /// <summary>The connection, for what only one kind of job does.</summary>
    public SqliteDatabase Database => database;

    /// <summary>Begins.</summary>
    public void Begin() => database.BeginImmediate();

    /// <summary>Writes the totals, commits durably and lets the stores show what is now on disk.</summary>
    public void Commit()
    {
        foreach (var (id, (_, totals, _)) in _touched)
        {
            _writeTenant.Bind(1, id).Bind(2, totals.LastCommitId).Bind(3, totals.Records).Bind(4, totals.Bytes)
                .Bind(5, totals.Notifications).Bind(6, totals.NotificationBytes).Run();
        }

        database.Commit();
        foreach (var (store, totals, _) in _touched.Values)
        {
            store.Publish(totals);
        }

        _touched.Clear();
    }

    /// <summary>Undoes everything since <see cref="Begin"/>.</summary>
    public void Rollback()
    {
        _touched.Clear();
        database.Rollback();
    }

    /// <summary>Lets the change decide with the current row in hand, and does it.</summary>
    public ChangeResult Apply(SqliteKeyStore store, StoreChange change)
    {
        var bytesMax = Encoding.UTF8.GetMaxByteCount(change.Key.Length);
        if (bytesMax <= StackBytesMax)
        {
            Span<byte> stack = stackalloc byte[StackBytesMax];
            return Apply(store, change, stack[..Encoding.UTF8.GetBytes(change.Key, stack)]);
        }

        var rented = ArrayPool<byte>.Shared.Rent(bytesMax);
        try
        {
            return Apply(store, change, rented.AsSpan(0, Encoding.UTF8.GetBytes(change.Key, rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Removes expired records with their entries in the log; no commit.</summary>
    public List<string> RemoveExpired(SqliteKeyStore store, long nowMs, int limit)
    {
        var (totals, _) = Touch(store);
        var removed = new List<string>();
        long bytes = 0;
        while (removed.Count < limit && bytes < ShardUpkeep.BytesPerSlice)
        {
            _findExpired.Bind(1, store.TenantId).Bind(2, nowMs);
            if (!_findExpired.Step())
            {
                _findExpired.Reset();
                break;
            }

            var id = _findExpired.Long(0);
            var size = _findExpired.Long(2);
            removed.Add(_findExpired.Text(1));
            _findExpired.Reset();
            totals.Records--;
            totals.Bytes -= size;
            bytes += size;
            _delete.Bind(1, id).Run();
        }

        return removed;
    }

    /// <summary>Rows and notifications of an atSign that is being imported, as they are. False when one of them is there already.</summary>
    public bool Import(SqliteKeyStore store, IReadOnlyList<StoredRecord> rows, IReadOnlyList<StoredNotification> notifications)
    {
        var totals = Touch(store).Totals;
        foreach (var row in rows)
        {
            var key = Encoding.UTF8.GetBytes(row.Key);
            if (IsHeld(store.TenantId, key, row.CommitId))
            {
                return false;
            }

            if (row.Op == CommitOp.Delete)
            {
                WriteDelete(store.TenantId, 0, key, ChangeDecision.Delete(row.OpTimeMs, logged: true), row.CommitId);
            }
            else
            {
                totals.Records++;
                totals.Bytes += key.Length + SizeOf(row);
                WritePut(store.TenantId, 0, key, row, row.CommitId);
            }

            totals.LastCommitId = Math.Max(totals.LastCommitId, row.CommitId);
        }

        return notifications.All(notification => _notifications.TryAdd(store.TenantId, totals, notification));
    }

    /// <summary>The notification and its change, or neither when the id is held already or there is no room for it.</summary>
    public ChangeResult? Add(SqliteKeyStore store, StoredNotification notification, StoreChange? change)
    {
        var (totals, allowed) = Touch(store);
        if (_notifications.MakeRoom(store.TenantId, totals, allowed, notification) is { } noRoom)
        {
            return new ChangeResult(-1, noRoom);
        }

        if (!_notifications.TryAdd(store.TenantId, totals, notification))
        {
            return null;
        }

        return (change is null ? new ChangeResult(-1, Error: null) : Apply(store, change)) with { Owes = true };
    }

    /// <summary>False when the id is not held.</summary>
    public bool SetStatus(SqliteKeyStore store, string id, NotificationStatus status, int attempts) =>
        _notifications.SetStatus(store.TenantId, id, status, attempts);

    /// <summary>False when the id was not held.</summary>
    public bool Remove(SqliteKeyStore store, string id) => _notifications.Remove(store.TenantId, Touch(store).Totals, id);

    /// <summary>How many were removed.</summary>
    public int RemoveExpiredNotifications(SqliteKeyStore store, long nowMs, int limit) =>
        _notifications.RemoveExpired(store.TenantId, Touch(store).Totals, nowMs, limit);

    /// <summary>Sets what the tenant may hold.</summary>
    public void SetQuota(SqliteKeyStore store, StoreQuota own)
    {
        var (totals, _) = Touch(store);
        totals.OwnQuota = own;
        _touched[store.TenantId] = (store, totals, own.Over(quota.Value));
        using var update = database.PrepareOnce(
            "UPDATE tenant SET max_records=?2, max_bytes=?3, max_notifications=?4, max_notification_bytes=?5 WHERE id=?1");
        update.Bind(1, store.TenantId).Bind(2, own.Records).Bind(3, own.Bytes).Bind(4, own.Notifications).Bind(5, own.NotificationBytes).Run();
    }

    private bool IsHeld(long tenant, ReadOnlySpan<byte> key, long commitId)
    {
        var isHeld = _find.Bind(1, tenant).BindText(2, key).Step();
        _find.Reset();
        isHeld |= _findCommit.Bind(1, tenant).Bind(2, commitId).Step();
        _findCommit.Reset();
        return isHeld;
    }

    private ChangeResult Apply(SqliteKeyStore store, StoreChange change, ReadOnlySpan<byte> key)
    {
        var (totals, allowed) = Touch(store);
        long id = 0;
        long size = 0;
        long commitId = -1;
        StoredRecord? current = null;
        _find.Bind(1, store.TenantId).BindText(2, key);
        if (_find.Step())
        {
            id = RowReader.ReadId(_find);
            commitId = RowReader.ReadCommitId(_find);
            if (!RowReader.ReadIsDeleted(_find))
            {
                current = RowReader.ReadRecord(_find, change.Key);
                size = RowReader.ReadSize(_find);
            }
        }

        _find.Reset();
        var decision = change.Decide(current, commitId);
        if (decision.Kind is ChangeKind.Nothing or ChangeKind.Refuse)
        {
            return new ChangeResult(commitId, decision.Error);
        }

        var newSize = decision.Kind == ChangeKind.Put ? key.Length + SizeOf(decision.Record!) : 0;
        if (decision.Kind == ChangeKind.Put && !change.IsExempt
            && allowed.CheckRecords(totals.Records, current is null ? 1 : 0, totals.Bytes, newSize - size) is { } full)
        {
            if (change.DecideWithoutRoom(current) is not { Kind: ChangeKind.Delete } instead)
            {
                return new ChangeResult(commitId, full);
            }

            (decision, newSize) = (instead, 0);
        }

        var owed = decision.Owed;
        if (owed is not null && _notifications.MakeRoom(store.TenantId, totals, allowed, owed) is { } noRoom)
        {
            if (decision.Kind == ChangeKind.Put)
            {
                return new ChangeResult(commitId, noRoom);
            }

            // Records are counted, so what their deletions owe is bounded; of nothing one could delete without end.
            owed = current is null ? null : owed;
        }

        if (current is not null)
        {
            totals.Records--;
            totals.Bytes -= size;
        }

        commitId = decision.KeepsCommit && current is not null ? commitId : decision.Logged ? ++totals.LastCommitId : -1;
        if (decision.Kind == ChangeKind.Put)
        {
            totals.Records++;
            totals.Bytes += newSize;
            WritePut(store.TenantId, id, key, decision.Record!, commitId);
        }
        else
        {
            WriteDelete(store.TenantId, id, key, decision, commitId);
        }

        var owes = owed is not null && _notifications.TryAdd(store.TenantId, totals, owed);
        return new ChangeResult(commitId, Error: null, owes);
    }

    private static long SizeOf(StoredRecord record) => record.Metadata.Length + (record.HasValue ? record.Value.Length : 0);

    private void WritePut(long tenant, long id, ReadOnlySpan<byte> key, StoredRecord record, long commitId)
    {
        var times = record.Times;
        var statement = id == 0 ? _insert.Bind(1, tenant).BindText(2, key) : _update.Bind(1, id);
        statement.Bind(3, 0).Bind(4, LoggedOrNull(commitId)).Bind(5, (long)record.Op).Bind(6, record.OpTimeMs)
            .Bind(7, times.Version).Bind(8, times.CreatedAtMs).Bind(9, times.UpdatedAtMs)
            .Bind(10, times.AvailableAtMs).Bind(11, times.ExpiresAtMs).Bind(12, times.RefreshAtMs)
            .BindBlob(13, record.Metadata.Span);
        if (!record.HasValue)
        {
            statement.BindNull(14).Run();
            return;
        }

        statement.BindBlob(14, record.Value.Span).Run();
    }

    private void WriteDelete(long tenant, long id, ReadOnlySpan<byte> key, in ChangeDecision decision, long commitId)
    {
        if (!decision.Logged)
        {
            if (id != 0)
            {
                _delete.Bind(1, id).Run();
            }

            return;
        }

        var statement = id == 0 ? _insert.Bind(1, tenant).BindText(2, key) : _update.Bind(1, id);
        statement.Bind(3, 1).Bind(4, commitId).Bind(5, (long)CommitOp.Delete).Bind(6, decision.OpTimeMs)
            .Bind(7, 0).Bind(8, 0).Bind(9, 0).BindNull(10).BindNull(11).BindNull(12).BindBlob(13, default).BindNull(14).Run();
    }

    /// <summary>Throws for a removed atSign.</summary>
    private (TenantTotals Totals, StoreQuota Allowed) Touch(SqliteKeyStore store)
    {
        if (_touched.TryGetValue(store.TenantId, out var touched))
        {
            return (touched.Totals, touched.Allowed);
        }

        TenantTotals? totals = null;
        try
        {
            if (_readTenant.Bind(1, store.TenantId).Step())
            {
                totals = TenantTotals.Read(_readTenant, 0);
            }
        }
        finally
        {
            _readTenant.Reset();
        }

        if (totals is null)
        {
            throw store.Removed();
        }

        var allowed = totals.OwnQuota.Over(quota.Value);
        _touched.Add(store.TenantId, (store, totals, allowed));
        return (totals, allowed);
    }

    private static long? LoggedOrNull(long commitId) => commitId < 0 ? null : commitId;
}
