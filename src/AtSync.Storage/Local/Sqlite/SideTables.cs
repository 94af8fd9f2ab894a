using AtSync.Protocol;
using AtSync.Storage.Local.Core;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Local.Sqlite;

/// <summary>Cursors, quarantine, conflict inbox and properties over one connection.</summary>
internal sealed class SideTables(SqliteDatabase database)
{
    private const string QuarantineHeader = "SELECT id, commit_id, length(raw), 0, seen_at FROM quarantine";

    private const string ConflictHeader =
        """
        SELECT id, 0, length(local_value) + length(local_metadata) + length(remote_value) + length(remote_metadata), kind, detected_at
        FROM conflicts
        """;

    private readonly StatementCache _statements = new(database);

    public long? GetCursor(string name) => First(
        _statements["SELECT position FROM cursors WHERE name = ?"].BindText(1, name), s => (long?)s.Long(0));

    public void SetCursor(string name, long position) => _statements[
        "INSERT INTO cursors(name, position) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET position = excluded.position"]
        .BindText(1, name).Bind(2, position).Run();

    public void ClearCursors() => _statements["DELETE FROM cursors"].Run();

    public SetAside? FindQuarantine(string key) => First(_statements[$"{QuarantineHeader} WHERE key = ?"].BindText(1, key), ReadAside);

    public SetAside? FindQuarantine(long id) => First(_statements[$"{QuarantineHeader} WHERE id = ?"].Bind(1, id), ReadAside);

    public void InsertQuarantine(QuarantinedEntry entry) => _statements[
        "INSERT INTO quarantine(key, commit_id, error_code, error_detail, seen_at, raw) VALUES(?, ?, ?, ?, ?, ?)"]
        .BindText(1, entry.Key).Bind(2, entry.CommitId).BindText(3, entry.Error.Code).BindText(4, entry.Error.Detail)
        .Bind(5, entry.SeenAtMs).BindBlob(6, entry.Raw.Span).Run();

    public void DeleteQuarantine(long id) => _statements["DELETE FROM quarantine WHERE id = ?"].Bind(1, id).Run();

    public void ClearQuarantine() => _statements["DELETE FROM quarantine"].Run();

    public List<QuarantinedEntry> ListQuarantine(int limit) => All(
        _statements["SELECT id, key, commit_id, raw, error_code, error_detail, seen_at FROM quarantine ORDER BY id LIMIT ?"].Bind(1, limit),
        s => new QuarantinedEntry(s.Long(0), s.Text(1), s.Long(2), s.Bytes(3).ToArray(), new AtError(s.Text(4), s.Text(5)), s.Long(6)));

    public void InsertConflict(ConflictRecord conflict) => _statements[
        """
        INSERT INTO conflicts(key, kind, policy, detected_at, local_op, local_commit, local_updated, remote_op, remote_commit, remote_updated,
          local_metadata, remote_metadata, local_value, remote_value) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """]
        .BindText(1, conflict.Key).Bind(2, (long)conflict.Kind).BindText(3, conflict.Policy).Bind(4, conflict.DetectedAtMs)
        .Bind(5, (long)conflict.Local.Op).Bind(6, conflict.Local.CommitId).Bind(7, conflict.Local.UpdatedAtMs)
        .Bind(8, (long)conflict.Remote.Op).Bind(9, conflict.Remote.CommitId).Bind(10, conflict.Remote.UpdatedAtMs)
        .BindBlob(11, conflict.Local.Metadata.Span).BindBlob(12, conflict.Remote.Metadata.Span)
        .BindBlob(13, conflict.Local.Value.Span).BindBlob(14, conflict.Remote.Value.Span).Run();

    public SetAside? FindConflict(long id) => First(_statements[$"{ConflictHeader} WHERE id = ?"].Bind(1, id), ReadAside);

    public SetAside? OldestReplaced() => First(_statements[$"{ConflictHeader} WHERE kind = 3 ORDER BY id LIMIT 1"], ReadAside);

    public void DeleteConflict(long id) => _statements["DELETE FROM conflicts WHERE id = ?"].Bind(1, id).Run();

    public List<ConflictRecord> ListConflicts(long beforeId, int limit) => All(
        _statements[
            """
            SELECT id, key, kind, policy, detected_at, local_op, local_value, local_metadata, local_commit, local_updated,
              remote_op, remote_value, remote_metadata, remote_commit, remote_updated FROM conflicts WHERE id < ? ORDER BY id DESC LIMIT ?
            """].Bind(1, beforeId).Bind(2, limit),
        s => new ConflictRecord(s.Long(0), s.Text(1), (ConflictKind)s.Long(2), s.Text(3), s.Long(4), ReadSide(s, 5), ReadSide(s, 10)));

    public string? GetProperty(string name) => First(_statements["SELECT value FROM properties WHERE name = ?"].BindText(1, name), s => s.Text(0));

    public void SetProperty(string name, string? value)
    {
        if (value is null)
        {
            _statements["DELETE FROM properties WHERE name = ?"].BindText(1, name).Run();
            return;
        }

        _statements["INSERT INTO properties(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value"]
            .BindText(1, name).BindText(2, value).Run();
    }

    private static ConflictSide ReadSide(SqliteStatement s, int first) => new(
        (CommitOp)s.Long(first), s.Bytes(first + 1).ToArray(), s.Bytes(first + 2).ToArray(), s.Long(first + 3), s.LongOrNull(first + 4));

    private static SetAside? ReadAside(SqliteStatement s) => new SetAside(s.Long(0), s.Long(1), s.Long(2), (ConflictKind)s.Long(3), s.Long(4));

    private static T? First<T>(SqliteStatement statement, Func<SqliteStatement, T?> read)
    {
        try
        {
            return statement.Step() ? read(statement) : default;
        }
        finally
        {
            statement.Reset();
        }
    }

    private static List<T> All<T>(SqliteStatement statement, Func<SqliteStatement, T> read)
    {
        var rows = new List<T>();
        try
        {
            while (statement.Step())
            {
                rows.Add(read(statement));
            }
        }
        finally
        {
            statement.Reset();
        }

        return rows;
    }
}
