using AtSync.Protocol;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>The columns of a record in the order in which every statement that reads whole rows selects them.</summary>
internal static class RowReader
{
    /// <summary>What to select.</summary>
    public const string Columns =
        "id, key, deleted, commit_id, op, op_time, version, created, updated, available, expires, refresh, metadata, value";

    private const int Id = 0;
    private const int Key = 1;
    private const int Deleted = 2;
    private const int CommitId = 3;
    private const int Op = 4;
    private const int OpTime = 5;
    private const int Version = 6;
    private const int Created = 7;
    private const int Updated = 8;
    private const int Available = 9;
    private const int Expires = 10;
    private const int Refresh = 11;
    private const int Metadata = 12;
    private const int Value = 13;

    /// <summary>The rowid.</summary>
    public static long ReadId(SqliteStatement row) => row.Long(Id);

    /// <summary>Whether the row is a tombstone.</summary>
    public static bool ReadIsDeleted(SqliteStatement row) => row.Long(Deleted) != 0;

    /// <summary>The commit id; -1 when the row is not logged.</summary>
    public static long ReadCommitId(SqliteStatement row) => row.LongOrNull(CommitId) ?? -1;

    /// <summary>What the row adds to <see cref="TenantTotals.Bytes"/>.</summary>
    public static long ReadSize(SqliteStatement row) => row.Bytes(Key).Length + row.Bytes(Metadata).Length + row.Bytes(Value).Length;

    /// <summary>The record, copied.</summary>
    public static StoredRecord ReadRecord(SqliteStatement row, string key) => new()
    {
        Key = key,
        Value = row.Bytes(Value).ToArray(),
        HasValue = !row.IsNull(Value),
        Metadata = row.Bytes(Metadata).ToArray(),
        Times = ReadTimes(row),
        OpTimeMs = row.Long(OpTime),
        CommitId = ReadCommitId(row),
        Op = (CommitOp)row.Long(Op),
    };

    /// <summary>The row as an entry of the log; its spans live until the next step.</summary>
    public static LogEntryView ReadEntry(SqliteStatement row) => ReadEntry(row, row.Long(CommitId));

    /// <summary>The row with its commit id, or -1 when it is not logged.</summary>
    public static LogEntryView ReadEntry(SqliteStatement row, long commitId)
    {
        var value = row.Bytes(Value);
        return new LogEntryView
        {
            Key = row.Bytes(Key),
            CommitId = commitId,
            Op = (CommitOp)row.Long(Op),
            OpTimeMs = row.Long(OpTime),
            Value = value,
            HasValue = value.Length > 0 || !row.IsNull(Value),
            Metadata = row.Bytes(Metadata),
            Times = ReadTimes(row),
        };
    }

    private static RecordTimes ReadTimes(SqliteStatement row) => new(
        row.Long(Version), row.Long(Created), row.Long(Updated), row.LongOrNull(Available), row.LongOrNull(Expires), row.LongOrNull(Refresh));
}
