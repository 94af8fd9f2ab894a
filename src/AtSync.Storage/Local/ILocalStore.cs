using AtSync.Protocol;

namespace AtSync.Storage.Local;

/// <summary>
/// The durable store behind a local secondary: records, outbox, cursors, quarantine and conflict inbox of one atSign on one device.
/// Several processes may have it open; nothing in memory is authoritative. May be called concurrently.
/// </summary>
public interface ILocalStore : IAsyncDisposable
{
    /// <summary>Whose store this is.</summary>
    AtSign Owner { get; }

    /// <summary>Random id of this store, 32 lower-case hex digits, made when the file was made.</summary>
    string DeviceId { get; }

    // ---- records

    /// <summary>The record under this key, expired and unborn ones too; null when absent.</summary>
    ValueTask<LocalRecord?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>The records under these keys, as <see cref="GetAsync"/> gives them, same order, all from one snapshot: one look at the store instead of one per key.</summary>
    ValueTask<LocalRecord?[]> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    /// <summary>Up to <paramref name="limit"/> records with a key greater than <paramref name="afterKey"/> that begins with <paramref name="prefix"/>, ordinal UTF-8 order.</summary>
    ValueTask<IReadOnlyList<LocalRecord>> ScanAsync(string prefix, string afterKey, int limit, bool withValues, CancellationToken cancellationToken);

    /// <summary>Sizes of everything, for status.</summary>
    ValueTask<LocalCounts> CountAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Makes the changes, all or none, and returns when they are fsynced. Each pushed change gets a row in the outbox, replacing the
    /// one its key had and keeping that row's base commit id.
    /// </summary>
    /// <returns>One outbox sequence number per change, same order; 0 for a change that is not pushed.</returns>
    ValueTask<long[]> WriteAsync(IReadOnlyList<LocalChange> changes, CancellationToken cancellationToken);

    /// <summary>Removes records whose expiry is at or before <paramref name="nowMs"/> and that are not in the outbox; makes no outbox row. Returns their keys.</summary>
    ValueTask<IReadOnlyList<string>> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken);

    // ---- outbox

    /// <summary>
    /// Outbox rows with a sequence number greater than <paramref name="afterSeq"/> that are due at <paramref name="nowMs"/> and not dead,
    /// with their records, in order; at most <paramref name="countMax"/> rows and about <paramref name="bytesMax"/> bytes of value (always one).
    /// </summary>
    ValueTask<IReadOnlyList<OutboxItem>> ReadOutboxAsync(long afterSeq, long nowMs, int countMax, long bytesMax, CancellationToken cancellationToken);

    /// <summary>
    /// Records what became of pushed rows, in one transaction. An accepted row goes unless its key was written again meanwhile;
    /// then the newer row's base becomes the accepted commit id. When <paramref name="newCursor"/> is set, the main cursor moves there
    /// if it still equals <see cref="CursorMove.From"/>.
    /// </summary>
    ValueTask SettleAsync(IReadOnlyList<PushOutcome> outcomes, CursorMove? newCursor, CancellationToken cancellationToken);

    /// <summary>Rows that were refused for good or are backing off, for status and retry.</summary>
    ValueTask<IReadOnlyList<OutboxItem>> ListRefusedAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Makes refused rows (all when <paramref name="key"/> is null) due again. Returns how many.</summary>
    ValueTask<int> RetryRefusedAsync(string? key, CancellationToken cancellationToken);

    // ---- pull

    /// <summary>
    /// Applies one page: entries, set-aside entries, conflicts and the new cursor become durable together (not necessarily fsynced:
    /// after a power cut the cursor goes back with them). Entries of keys without a pending edit and without local conflict are written
    /// directly; for the others <paramref name="reconciler"/> decides inside the transaction. A page may come again or late: an entry at
    /// or below its record's commit changes nothing, and one at or below the main cursor brings no absent record back unless it was in
    /// quarantine (to pull everything anew, use <see cref="BeginResyncAsync"/>).
    /// </summary>
    ValueTask<PageOutcome> ApplyPageAsync(PulledPage page, IReconciler reconciler, CancellationToken cancellationToken);

    /// <summary>Position of a named cursor; null when it never moved. The main one is <see cref="CursorNames.Main"/>.</summary>
    ValueTask<long?> GetCursorAsync(string name, CancellationToken cancellationToken);

    /// <summary>Entries that could not be applied, oldest first.</summary>
    ValueTask<IReadOnlyList<QuarantinedEntry>> ListQuarantineAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Takes an entry out of quarantine (after it was applied by <see cref="ApplyPageAsync"/>, or dropped). False when it was not there.</summary>
    ValueTask<bool> RemoveQuarantineAsync(long id, CancellationToken cancellationToken);

    // ---- conflict inbox

    /// <summary>Conflicts, newest first, starting below id <paramref name="beforeId"/>.</summary>
    ValueTask<IReadOnlyList<ConflictRecord>> ListConflictsAsync(long beforeId, int limit, CancellationToken cancellationToken);

    /// <summary>One conflict, or null.</summary>
    ValueTask<ConflictRecord?> GetConflictAsync(long id, CancellationToken cancellationToken);

    /// <summary>Removes a conflict from the inbox and makes the changes (may be empty), all in one durable transaction. False when it was not there; then nothing is changed.</summary>
    ValueTask<bool> ResolveConflictAsync(long id, IReadOnlyList<LocalChange> changes, CancellationToken cancellationToken);

    // ---- properties, identity

    /// <summary>A named property (epoch, identity, device name, scope…), or null.</summary>
    ValueTask<string?> GetPropertyAsync(string name, CancellationToken cancellationToken);

    /// <summary>Sets (null removes) properties in one durable transaction.</summary>
    ValueTask SetPropertiesAsync(IReadOnlyList<KeyValuePair<string, string?>> properties, CancellationToken cancellationToken);

    /// <summary>
    /// The remote was restored or re-created: keeps outbox and inbox, forgets base commit ids and all cursors so that everything is
    /// pulled again, and stores <paramref name="properties"/>; one durable transaction. What becomes of records that the coming full pull does
    /// not confirm, <see cref="EndResyncAsync"/> decides.
    /// </summary>
    ValueTask BeginResyncAsync(IReadOnlyList<KeyValuePair<string, string?>> properties, CancellationToken cancellationToken);

    /// <summary>
    /// After a full pull with deletions: of the records that the remote had before <see cref="BeginResyncAsync"/> and does not know now, those
    /// above the shared history were lost there and wait in the outbox from now on; the others were deleted there and are removed. Returns the
    /// keys of the removed ones.
    /// </summary>
    /// <param name="shared">What the remote shares with the one before; null when all that it does not know was deleted there.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<string>> EndResyncAsync(SharedHistory? shared, CancellationToken cancellationToken);

    // ---- processes

    /// <summary>Takes the lock that makes this process the one that syncs; null while another process holds it. Freed on dispose and by death.</summary>
    IAsyncDisposable? TryTakeSyncLock();

    /// <summary>Wakes <see cref="WaitForSignalAsync"/> in every process that has the store open, this one included. Coalesces.</summary>
    void Signal();

    /// <summary>Returns after the next <see cref="Signal"/> (from any process) that was not yet waited for, or a slow safety poll.</summary>
    Task WaitForSignalAsync(CancellationToken cancellationToken);

    /// <summary>Begins to watch the records: what this process writes after the call is told, and what other processes write after the first renewal.</summary>
    LocalWatch Watch();

    /// <summary>Verifies the file. Empty when all is well, else one line for a person per finding.</summary>
    ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>Names of cursors.</summary>
public static class CursorNames
{
    /// <summary>The cursor of the device's scope.</summary>
    public const string Main = "main";
}
