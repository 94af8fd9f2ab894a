namespace AtSync.Storage.Local.Core;

/// <summary>
/// The tables of a local store as seen from inside one transaction: plain look-ups and writes, no rules. The rules are in
/// <see cref="LocalCore"/>, once for every store.
/// </summary>
internal abstract class LocalTables
{
    /// <summary>
    /// No row waits longer than this, ms: a time farther away was set by a clock that has been put back since, and would hold the row for as long.
    /// </summary>
    public const long WaitMaxMs = 3_600_000;

    /// <summary>Counters and sequences; loaded and saved by the transaction.</summary>
    public StoreState State;

    // ---- records

    /// <summary>Adds the row and sets its id; false, with nothing changed, when its key is there.</summary>
    public abstract bool TryInsert(RecordRow row);

    /// <summary>The row of a key, tombstones too. Without <paramref name="content"/>, value and metadata stay empty.</summary>
    public abstract RecordRow? Find(string key, bool content);

    public abstract RecordRow? Find(long id, bool content);

    /// <summary>Writes the row; value and metadata only with <paramref name="content"/>.</summary>
    public abstract void Update(RecordRow row, bool content);

    public abstract void Delete(long id);

    /// <summary>Live rows with a greater key that begins with the prefix, in UTF-8 order.</summary>
    public abstract List<RecordRow> Scan(string prefix, string afterKey, int limit, bool withValues);

    /// <summary>Live rows, without content, that expired and do not wait in the outbox.</summary>
    public abstract List<RecordRow> FindExpired(long nowMs, int limit);

    /// <summary>Rows, without content, of earlier generations that the remote had and that do not wait in the outbox; by id.</summary>
    public abstract List<RecordRow> FindUnconfirmed(long generation, long afterId, int limit);

    /// <summary>Removes settled tombstones whose commit is at or below the cursor.</summary>
    public abstract void DeleteTombstones(long upToCommit);

    /// <summary>Writes commit ids of accepted ranges into their records and forgets the ranges.</summary>
    public abstract void FoldAccepted();

    // ---- outbox

    public abstract OutboxRow? FindOutbox(long seq);

    public abstract void InsertOutbox(OutboxRow row);

    public abstract void UpdateOutbox(OutboxRow row);

    public abstract void DeleteOutbox(long seq);

    public abstract OutboxStretch MeasureOutbox(long firstSeq, long lastSeq);

    public abstract void DeleteOutboxRange(long firstSeq, long lastSeq);

    /// <summary>Due rows in order with their records' content, until the visitor returns false.</summary>
    public abstract void ReadOutbox(long afterSeq, long nowMs, Func<OutboxRow, RecordRow, bool> visitor);

    /// <summary>Rows with failed attempts, in order.</summary>
    public abstract List<OutboxRow> ListRefused(int limit);

    public abstract AcceptedRange? FindAccepted(long seq);

    /// <summary>Adds a range, or replaces the one with the same first number.</summary>
    public abstract void PutAccepted(AcceptedRange range);

    public abstract void ClearAccepted();

    // ---- cursors, quarantine, inbox, properties

    public abstract long? GetCursor(string name);

    public abstract void SetCursor(string name, long position);

    public abstract void ClearCursors();

    public abstract SetAside? FindQuarantine(string key);

    public abstract SetAside? FindQuarantine(long id);

    public abstract void InsertQuarantine(QuarantinedEntry entry);

    public abstract void DeleteQuarantine(long id);

    public abstract void ClearQuarantine();

    public abstract List<QuarantinedEntry> ListQuarantine(int limit);

    public abstract void InsertConflict(ConflictRecord conflict);

    public abstract SetAside? FindConflict(long id);

    public abstract SetAside? OldestReplaced();

    public abstract void DeleteConflict(long id);

    public abstract List<ConflictRecord> ListConflicts(long beforeId, int limit);

    // ---- changes for watchers

    public abstract void AppendChange(NotedChange change);

    /// <summary>In order, those with a greater number.</summary>
    public abstract List<NotedChange> ReadChanges(long afterSeq, int limit);

    public abstract void TrimChanges(long upToSeq);

    public abstract string? GetProperty(string name);

    public abstract void SetProperty(string name, string? value);
}
