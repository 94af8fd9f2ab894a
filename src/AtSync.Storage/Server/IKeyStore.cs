using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>
/// The key store and commit log of one atSign on the server. One change is one atomic, durable write: record, commit id and counts.
/// Commit ids are integers from 0, strictly rising, never reused; the log holds only the latest commit of each key.
/// Keys are stored as given: the caller folds them. May be called concurrently; changes are applied in the order of the calls.
/// </summary>
public interface IKeyStore
{
    /// <summary>Whose store this is.</summary>
    AtSign Owner { get; }

    /// <summary>Random id of this store's history: another one after a restore, an import or <see cref="IStorageEngine.RenewEpochAsync"/>. 32 lower-case hex digits.</summary>
    string EpochId { get; }

    /// <summary>Where this history comes from: null for a store that began empty.</summary>
    EpochOrigin? Origin { get; }

    /// <summary>The atSign's notifications. Those that changes owe are written together with the changes.</summary>
    INotificationLog Notifications { get; }

    /// <summary>Highest commit id given out and durable, -1 when none. Never goes back.</summary>
    long LastCommitId { get; }

    /// <summary>Records held, deletions not counted.</summary>
    long RecordCount { get; }

    /// <summary>Sum of key, value and metadata lengths, UTF-8 bytes.</summary>
    long ByteCount { get; }

    /// <summary>Counts, and what is allowed, as of the latest commit.</summary>
    StoreSummary Summary { get; }

    /// <summary>The record under this key, expired and unborn ones too; null when absent or deleted.</summary>
    ValueTask<StoredRecord?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Visits every record in ordinal order of its UTF-8 key, without its value, on a snapshot. The visitor is called on the
    /// reading thread, must be quick and returns false to stop.
    /// </summary>
    ValueTask ScanAsync(string prefix, KeyVisitor visitor, CancellationToken cancellationToken);

    /// <summary>
    /// Visits the commit log in ascending order from the first id greater than <paramref name="afterCommitId"/>, on a snapshot.
    /// Deletions with an id of at most <paramref name="skipDeletesUntil"/> are passed over at no cost per deletion, except the
    /// newest entry of the whole log. The visitor is called on the reading thread and returns false to stop; the entry it
    /// returned false for is not consumed.
    /// </summary>
    /// <param name="afterCommitId">-1 for the start.</param>
    /// <param name="skipDeletesUntil">-1 to see every deletion.</param>
    /// <param name="visitor">Sees each entry; its spans are valid only during the call.</param>
    /// <param name="cancellationToken">Ends the walk between entries.</param>
    ValueTask ReadLogAsync(long afterCommitId, long skipDeletesUntil, LogVisitor visitor, CancellationToken cancellationToken);

    /// <summary>Highest commit id of an entry still in the log (live or deleted), -1 when the log is empty.</summary>
    ValueTask<long> LastLoggedCommitIdAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Applies the changes in order inside one transaction and returns when it is fsynced. A refused change does not undo the others.
    /// Cancelling the wait does not un-commit.
    /// </summary>
    /// <returns>One result per change, same order. Commit ids of one call are consecutive.</returns>
    ValueTask<ChangeResult[]> ApplyAsync(IReadOnlyList<StoreChange> changes, CancellationToken cancellationToken);

    /// <summary>
    /// Removes records whose expiry is at or before <paramref name="nowMs"/>, without a commit, at most <paramref name="limit"/> of them,
    /// and fewer when they are large, so that nobody waits long for it. Returns the keys removed; none when none is left.
    /// </summary>
    ValueTask<IReadOnlyList<string>> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken);
}

/// <summary>Sees one key of a scan; false stops.</summary>
public delegate bool KeyVisitor(in KeyView key);

/// <summary>Sees one entry of the commit log; false stops.</summary>
public delegate bool LogVisitor(in LogEntryView entry);

/// <summary>A key in a scan.</summary>
public readonly ref struct KeyView
{
    /// <summary>The key, UTF-8.</summary>
    public required ReadOnlySpan<byte> Key { get; init; }

    /// <summary>Unix ms, or null.</summary>
    public required long? AvailableAtMs { get; init; }

    /// <summary>Unix ms, or null.</summary>
    public required long? ExpiresAtMs { get; init; }

    /// <summary>-1 when the key is not in the commit log.</summary>
    public required long CommitId { get; init; }
}

/// <summary>An entry of the commit log with its record.</summary>
public readonly ref struct LogEntryView
{
    /// <summary>The key, UTF-8.</summary>
    public required ReadOnlySpan<byte> Key { get; init; }

    /// <summary>Position in the log.</summary>
    public required long CommitId { get; init; }

    /// <summary>What the commit did.</summary>
    public required CommitOp Op { get; init; }

    /// <summary>When the operation happened, Unix ms (asserted <c>uAt</c> or <c>dAt</c>, else the arrival).</summary>
    public required long OpTimeMs { get; init; }

    /// <summary>The value as sent; empty for a deletion or when <see cref="HasValue"/> is false.</summary>
    public required ReadOnlySpan<byte> Value { get; init; }

    /// <summary>False when the record was made by <c>update:meta</c> alone, and for deletions.</summary>
    public required bool HasValue { get; init; }

    /// <summary>See <see cref="StoredRecord.Metadata"/>; empty for a deletion.</summary>
    public required ReadOnlySpan<byte> Metadata { get; init; }

    /// <summary>Server-owned columns.</summary>
    public required RecordTimes Times { get; init; }
}
