using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Local.Core;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Local.Sqlite;

/// <summary>The records and outbox over one connection; every statement is prepared once, on its first use.</summary>
internal sealed class SqliteTables(SqliteDatabase database) : LocalTables
{
    private const string Header =
        "id, key, commit_id, records.seq, has_value, tombstone, own, generation, updated_at, available_at, expires_at, length(metadata), length(value)";

    private const string OutboxColumns = "outbox.seq, record, op, edit_time, attempts, not_before, dead, error_code, error_detail";
    private const int HeaderColumns = 13;

    private readonly StatementCache _statements = new(database);
    private readonly SideTables _side = new(database);
    private readonly SqliteState _state = new(database);

    public SqliteDatabase Database { get; } = database;

    public void Load() => State = _state.Load();

    public void Save() => _state.Save(State);

    public override bool TryInsert(RecordRow row)
    {
        var insert = _statements[
            """
            INSERT INTO records(key, commit_id, seq, has_value, tombstone, own, generation, updated_at, available_at, expires_at, metadata, value)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO NOTHING
            """];
        insert.BindText(1, row.Key);
        BindHeader(insert, row, 2);
        insert.BindBlob(11, row.Metadata.Span).BindBlob(12, row.Value.Span).Run();
        if (Database.Changes == 0)
        {
            return false;
        }

        row.Id = Database.LastInsertRowId;
        return true;
    }

    public override RecordRow? Find(string key, bool content)
    {
        var find = _statements[content ? $"SELECT {Header}, metadata, value FROM records WHERE key = ?" : $"SELECT {Header} FROM records WHERE key = ?"];
        return Single(find.BindText(1, key), content, content);
    }

    public override RecordRow? Find(long id, bool content)
    {
        var find = _statements[content ? $"SELECT {Header}, metadata, value FROM records WHERE id = ?" : $"SELECT {Header} FROM records WHERE id = ?"];
        return Single(find.Bind(1, id), content, content);
    }

    public override void Update(RecordRow row, bool content)
    {
        const string set = "commit_id = ?, seq = ?, has_value = ?, tombstone = ?, own = ?, generation = ?, updated_at = ?, available_at = ?, expires_at = ?";
        var update = _statements[content
            ? $"UPDATE records SET {set}, metadata = ?, value = ? WHERE id = ?"
            : $"UPDATE records SET {set} WHERE id = ?"];
        BindHeader(update, row, 1);
        if (content)
        {
            update.BindBlob(10, row.Metadata.Span).BindBlob(11, row.Value.Span);
        }

        update.Bind(content ? 12 : 10, row.Id).Run();
    }

    public override void Delete(long id) => _statements["DELETE FROM records WHERE id = ?"].Bind(1, id).Run();

    public override List<RecordRow> Scan(string prefix, string afterKey, int limit, bool withValues)
    {
        var fromPrefix = Utf8Order.Instance.Compare(afterKey, prefix) < 0;
        var scan = _statements[(fromPrefix, withValues) switch
        {
            (true, true) => $"SELECT {Header}, metadata, value FROM records WHERE key >= ? AND tombstone = 0 ORDER BY key",
            (true, false) => $"SELECT {Header}, metadata FROM records WHERE key >= ? AND tombstone = 0 ORDER BY key",
            (false, true) => $"SELECT {Header}, metadata, value FROM records WHERE key > ? AND tombstone = 0 ORDER BY key",
            (false, false) => $"SELECT {Header}, metadata FROM records WHERE key > ? AND tombstone = 0 ORDER BY key",
        }];
        var prefixUtf8 = Encoding.UTF8.GetBytes(prefix);
        var found = new List<RecordRow>();
        scan.BindText(1, fromPrefix ? prefix : afterKey);
        try
        {
            while (found.Count < limit && scan.Step() && scan.Bytes(1).StartsWith(prefixUtf8))
            {
                found.Add(Read(scan, metadata: true, withValues));
            }
        }
        finally
        {
            scan.Reset();
        }

        return found;
    }

    public override List<RecordRow> FindExpired(long nowMs, int limit) => Many(
        _statements[$"""
            SELECT {Header} FROM records
            WHERE expires_at <= ? AND tombstone = 0 AND (seq = 0 OR NOT EXISTS(SELECT 1 FROM outbox WHERE outbox.seq = records.seq)) LIMIT ?
            """].Bind(1, nowMs).Bind(2, limit));

    public override List<RecordRow> FindUnconfirmed(long generation, long afterId, int limit) => Many(
        _statements[$"""
            SELECT {Header} FROM records
            WHERE generation < ? AND (commit_id >= 0 OR seq <> 0 OR own = 1 OR tombstone = 1)
              AND (seq = 0 OR NOT EXISTS(SELECT 1 FROM outbox WHERE outbox.seq = records.seq)) AND id > ? ORDER BY id LIMIT ?
            """].Bind(1, generation).Bind(2, afterId).Bind(3, limit));

    public override void DeleteTombstones(long upToCommit) =>
        _statements["DELETE FROM records WHERE tombstone = 1 AND seq = 0 AND commit_id <= ?"].Bind(1, upToCommit).Run();

    public override void FoldAccepted()
    {
        _statements[
            """
            UPDATE records SET commit_id = a.first_commit + records.seq - a.first_seq, seq = 0, own = 1
            FROM accepted a WHERE records.seq > 0 AND a.first_seq = (SELECT max(first_seq) FROM accepted WHERE first_seq <= records.seq) AND records.seq <= a.last_seq
            """].Run();
        ClearAccepted();
    }

    public override OutboxRow? FindOutbox(long seq)
    {
        var find = _statements[$"SELECT {OutboxColumns} FROM outbox WHERE seq = ?"].Bind(1, seq);
        try
        {
            return find.Step() ? ReadOutboxRow(find, 0) : null;
        }
        finally
        {
            find.Reset();
        }
    }

    public override void InsertOutbox(OutboxRow row) => BindOutbox(
        _statements[
            """
            INSERT INTO outbox(record, op, edit_time, attempts, not_before, dead, error_code, error_detail, seq) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
            """],
        row).Run();

    public override void UpdateOutbox(OutboxRow row) => BindOutbox(
        _statements[
            """
            UPDATE outbox SET record = ?, op = ?, edit_time = ?, attempts = ?, not_before = ?, dead = ?, error_code = ?, error_detail = ? WHERE seq = ?
            """],
        row).Run();

    public override void DeleteOutbox(long seq) => _statements["DELETE FROM outbox WHERE seq = ?"].Bind(1, seq).Run();

    public override OutboxStretch MeasureOutbox(long firstSeq, long lastSeq)
    {
        var measure = _statements["SELECT count(*), count(*) FILTER (WHERE dead = 1 OR op <> 42) FROM outbox WHERE seq BETWEEN ? AND ?"];
        measure.Bind(1, firstSeq).Bind(2, lastSeq);
        try
        {
            measure.Step();
            return new OutboxStretch(measure.Long(0), measure.Long(1));
        }
        finally
        {
            measure.Reset();
        }
    }

    public override void DeleteOutboxRange(long firstSeq, long lastSeq) =>
        _statements["DELETE FROM outbox WHERE seq BETWEEN ? AND ?"].Bind(1, firstSeq).Bind(2, lastSeq).Run();

    public override void ReadOutbox(long afterSeq, long nowMs, Func<OutboxRow, RecordRow, bool> visitor)
    {
        var read = _statements[$"""
            SELECT {Header}, metadata, value, {OutboxColumns}
            FROM outbox CROSS JOIN records ON records.id = outbox.record WHERE outbox.seq > ? AND dead = 0 AND (not_before <= ? OR not_before - ? > ?)
            ORDER BY outbox.seq
            """].Bind(1, afterSeq).Bind(2, nowMs).Bind(3, WaitMaxMs).Bind(4, nowMs);
        try
        {
            while (read.Step() && visitor(ReadOutboxRow(read, HeaderColumns + 2), Read(read, metadata: true, value: true)))
            {
            }
        }
        finally
        {
            read.Reset();
        }
    }

    public override List<OutboxRow> ListRefused(int limit)
    {
        var list = _statements[$"SELECT {OutboxColumns} FROM outbox WHERE attempts > 0 ORDER BY seq LIMIT ?"].Bind(1, limit);
        var rows = new List<OutboxRow>();
        try
        {
            while (list.Step())
            {
                rows.Add(ReadOutboxRow(list, 0));
            }
        }
        finally
        {
            list.Reset();
        }

        return rows;
    }

    public override AcceptedRange? FindAccepted(long seq)
    {
        var find = _statements["SELECT first_seq, last_seq, first_commit FROM accepted WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1"].Bind(1, seq);
        try
        {
            return find.Step() && find.Long(1) >= seq ? new AcceptedRange(find.Long(0), find.Long(1), find.Long(2)) : null;
        }
        finally
        {
            find.Reset();
        }
    }

    public override void PutAccepted(AcceptedRange range) => _statements[
        "INSERT INTO accepted(first_seq, last_seq, first_commit) VALUES(?, ?, ?) ON CONFLICT(first_seq) DO UPDATE SET last_seq = excluded.last_seq"]
        .Bind(1, range.FirstSeq).Bind(2, range.LastSeq).Bind(3, range.FirstCommit).Run();

    public override void ClearAccepted() => _statements["DELETE FROM accepted"].Run();

    public override long? GetCursor(string name) => _side.GetCursor(name);

    public override void SetCursor(string name, long position) => _side.SetCursor(name, position);

    public override void ClearCursors() => _side.ClearCursors();

    public override void AppendChange(NotedChange change) => _statements["INSERT INTO changes(seq, key, deleted, remote, commit_id) VALUES(?, ?, ?, ?, ?)"]
        .Bind(1, change.Seq).BindText(2, change.Key).Bind(3, change.IsDeleted ? 1L : 0).Bind(4, change.IsRemote ? 1L : 0).Bind(5, change.CommitId).Run();

    public override List<NotedChange> ReadChanges(long afterSeq, int limit)
    {
        var read = _statements["SELECT seq, key, deleted, remote, commit_id FROM changes WHERE seq > ? ORDER BY seq LIMIT ?"].Bind(1, afterSeq).Bind(2, limit);
        var changes = new List<NotedChange>();
        try
        {
            while (read.Step())
            {
                changes.Add(new NotedChange(read.Long(0), read.Text(1), read.Long(2) != 0, read.Long(3) != 0, read.Long(4)));
            }
        }
        finally
        {
            read.Reset();
        }

        return changes;
    }

    public override void TrimChanges(long upToSeq) => _statements["DELETE FROM changes WHERE seq <= ?"].Bind(1, upToSeq).Run();

    public override SetAside? FindQuarantine(string key) => _side.FindQuarantine(key);

    public override SetAside? FindQuarantine(long id) => _side.FindQuarantine(id);

    public override void InsertQuarantine(QuarantinedEntry entry) => _side.InsertQuarantine(entry);

    public override void DeleteQuarantine(long id) => _side.DeleteQuarantine(id);

    public override void ClearQuarantine() => _side.ClearQuarantine();

    public override List<QuarantinedEntry> ListQuarantine(int limit) => _side.ListQuarantine(limit);

    public override void InsertConflict(ConflictRecord conflict) => _side.InsertConflict(conflict);

    public override SetAside? FindConflict(long id) => _side.FindConflict(id);

    public override SetAside? OldestReplaced() => _side.OldestReplaced();

    public override void DeleteConflict(long id) => _side.DeleteConflict(id);

    public override List<ConflictRecord> ListConflicts(long beforeId, int limit) => _side.ListConflicts(beforeId, limit);

    public override string? GetProperty(string name) => _side.GetProperty(name);

    public override void SetProperty(string name, string? value) => _side.SetProperty(name, value);

    private static void BindHeader(SqliteStatement statement, RecordRow row, int first) => statement
        .Bind(first, row.CommitId)
        .Bind(first + 1, row.Seq)
        .Bind(first + 2, row.HasValue ? 1L : 0)
        .Bind(first + 3, row.IsTombstone ? 1L : 0)
        .Bind(first + 4, row.IsOwn ? 1L : 0)
        .Bind(first + 5, row.Generation)
        .Bind(first + 6, row.UpdatedAtMs)
        .Bind(first + 7, row.AvailableAtMs)
        .Bind(first + 8, row.ExpiresAtMs);

    private static SqliteStatement BindOutbox(SqliteStatement statement, OutboxRow row) => statement
        .Bind(1, row.RecordId)
        .Bind(2, (long)row.Op)
        .Bind(3, row.EditTimeMs)
        .Bind(4, row.Attempts)
        .Bind(5, row.NotBeforeMs)
        .Bind(6, row.IsDead ? 1L : 0)
        .BindTextOrNull(7, row.Error?.Code)
        .BindTextOrNull(8, row.Error?.Detail)
        .Bind(9, row.Seq);

    private static RecordRow? Single(SqliteStatement statement, bool metadata, bool value)
    {
        try
        {
            return statement.Step() ? Read(statement, metadata, value) : null;
        }
        finally
        {
            statement.Reset();
        }
    }

    private static List<RecordRow> Many(SqliteStatement statement)
    {
        var rows = new List<RecordRow>();
        try
        {
            while (statement.Step())
            {
                rows.Add(Read(statement, metadata: false, value: false));
            }
        }
        finally
        {
            statement.Reset();
        }

        return rows;
    }

    private static RecordRow Read(SqliteStatement s, bool metadata, bool value)
    {
        var key = s.Bytes(1);
        var isLive = s.Long(5) == 0;
        return new RecordRow
        {
            Id = s.Long(0),
            Key = Encoding.UTF8.GetString(key),
            CommitId = s.Long(2),
            Seq = s.Long(3),
            HasValue = s.Long(4) != 0,
            IsTombstone = !isLive,
            IsOwn = s.Long(6) != 0,
            Generation = s.Long(7),
            UpdatedAtMs = s.Long(8),
            AvailableAtMs = s.LongOrNull(9),
            ExpiresAtMs = s.LongOrNull(10),
            StoredLive = isLive,
            StoredBytes = isLive ? key.Length + s.Long(11) + s.Long(12) : 0,
            Metadata = metadata ? s.Bytes(13).ToArray() : default(ReadOnlyMemory<byte>),
            Value = value ? s.Bytes(14).ToArray() : default(ReadOnlyMemory<byte>),
        };
    }

    private static OutboxRow ReadOutboxRow(SqliteStatement s, int first) => new()
    {
        Seq = s.Long(first),
        RecordId = s.Long(first + 1),
        Op = (CommitOp)s.Long(first + 2),
        EditTimeMs = s.Long(first + 3),
        Attempts = (int)s.Long(first + 4),
        NotBeforeMs = s.Long(first + 5),
        IsDead = s.Long(first + 6) != 0,
        Error = s.TextOrNull(first + 7) is { } code ? new AtError(code, s.Text(first + 8)) : null,
    };
}
