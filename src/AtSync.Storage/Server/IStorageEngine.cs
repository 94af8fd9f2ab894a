using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>
/// The durable stores of all atSigns that one server hosts. How they share files, transactions and fsyncs is the engine's secret.
/// May be called concurrently.
/// </summary>
public interface IStorageEngine : IAsyncDisposable
{
    /// <summary>The store of a hosted atSign, or null when it is not hosted here. Cheap: a lookup, no file is opened.</summary>
    ValueTask<IKeyStore?> FindAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>Makes the store of a new atSign with a fresh epoch id. Durable on return.</summary>
    /// <exception cref="InvalidOperationException">The atSign is already hosted.</exception>
    ValueTask<IKeyStore> AddAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>Deletes the atSign and everything it holds. Durable on return. False when it was not hosted.</summary>
    ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>Every hosted atSign in ordinal order, with its counts.</summary>
    IAsyncEnumerable<StoreSummary> ListAsync(CancellationToken cancellationToken);

    /// <summary>What an atSign may hold that has no limits of its own. May be changed at any time; holds for writes from then on.</summary>
    StoreQuota DefaultQuota { get; set; }

    /// <summary>Sets what one atSign may hold, in the place of what was set for it before. Durable on return. False when it is not hosted.</summary>
    ValueTask<bool> SetQuotaAsync(AtSign atSign, StoreQuota quota, CancellationToken cancellationToken);

    /// <summary>
    /// Removes expired records (without a commit) and notifications of whichever hosted atSigns have some, in use or not. A call does a bounded
    /// piece of work: it looks at some atSigns and removes at most <paramref name="limit"/> rows; the next one goes on from there, round and
    /// round. Returns how many rows were removed.
    /// </summary>
    ValueTask<int> SweepExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Cached copies (<c>cached:…</c>) whose refresh time is at or before <paramref name="nowMs"/> and that come after a place in this order, of any
    /// hosted atSign, the longest overdue first.
    /// </summary>
    /// <param name="nowMs">Unix ms.</param>
    /// <param name="after">The last one of the call before; default for the first.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<IReadOnlyList<StaleCopy>> StaleCopiesAsync(long nowMs, StaleCopy after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Shows everything that an atSign holds on one snapshot, in the order in which <see cref="IStoreImport.AddAsync"/> wants it. Writers are
    /// not held up. The visitor is called on the reading thread. False when the atSign is not hosted: then it was not called.
    /// </summary>
    ValueTask<bool> ReadAllAsync(AtSign atSign, IStoreVisitor visitor, CancellationToken cancellationToken);

    /// <summary>
    /// Begins to put a whole atSign in place, which nobody sees before <see cref="IStoreImport.CompleteAsync"/>. What is never completed, also
    /// because the process dies, leaves nothing. The atSign may be hosted meanwhile.
    /// </summary>
    ValueTask<IStoreImport> BeginImportAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a store another epoch id in place, as after a restore: for files that were put back by other means than this engine's. Clients
    /// take notice and compare everything. Durable on return. False when the atSign is not hosted.
    /// </summary>
    ValueTask<bool> RenewEpochAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>Verifies the files: structure, indexes, counts. Empty when all is well, else one line for a person per finding.</summary>
    ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken);

    /// <summary>Writes to every file and waits until it is on disk: returns when changes can be acknowledged now. Nothing to do in memory.</summary>
    /// <exception cref="StoreException">A file can't be written; the message says which and why.</exception>
    ValueTask ProbeAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}

/// <summary>One line of <see cref="IStorageEngine.ListAsync"/>.</summary>
/// <param name="AtSign">Whose store.</param>
/// <param name="Records">Records held, deletions not counted.</param>
/// <param name="Bytes">Sum of key, value and metadata lengths of those records, UTF-8 bytes.</param>
/// <param name="LastCommitId">Highest commit id ever given out, -1 when none.</param>
/// <param name="Notifications">Notifications held.</param>
/// <param name="NotificationBytes">Sum of their ids, peers and bodies, UTF-8 bytes.</param>
public sealed record StoreSummary(AtSign AtSign, long Records, long Bytes, long LastCommitId, long Notifications, long NotificationBytes)
{
    /// <summary>What was set for this atSign alone.</summary>
    public StoreQuota OwnQuota { get; init; } = StoreQuota.Unset;

    /// <summary>What it may hold: <see cref="OwnQuota"/> over the engine's default.</summary>
    public StoreQuota Quota { get; init; } = StoreQuota.Unset;
}

/// <summary>A cached copy that is to be refreshed.</summary>
/// <param name="RefreshAtMs">Since when, Unix ms.</param>
/// <param name="Owner">Who holds the copy.</param>
/// <param name="Key">Its key, <c>cached:…</c>.</param>
public readonly record struct StaleCopy(long RefreshAtMs, AtSign Owner, string Key);
