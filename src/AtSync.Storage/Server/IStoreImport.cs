namespace AtSync.Storage.Server;

/// <summary>An atSign that is being put in place and that nobody sees yet. Disposing it without completing it leaves nothing. Used by one caller.</summary>
public interface IStoreImport : IAsyncDisposable
{
    /// <summary>
    /// Adds rows and notifications, a bounded number per call: writers of other atSigns wait no longer than for one call. Commit ids are
    /// taken over; positions of notifications are new, their order stays.
    /// </summary>
    /// <param name="rows">Records, and tombstones (<see cref="Protocol.CommitOp.Delete"/>), in the order of <see cref="IStoreVisitor.Row"/>.</param>
    /// <param name="notifications">In their order.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreException"><see cref="StoreFault.Corrupt"/>: a key, commit id or notification came twice.</exception>
    ValueTask AddAsync(IReadOnlyList<StoredRecord> rows, IReadOnlyList<StoredNotification> notifications, CancellationToken cancellationToken);

    /// <summary>
    /// Puts it in place with a new epoch id, in one durable step: before it the old state, after it the new one. Commit ids go on above
    /// the origin's and above every one that the replaced store gave out.
    /// </summary>
    /// <param name="origin">The epoch it comes from, and the highest commit id that was ever given out there.</param>
    /// <param name="replaces">Whether a hosted atSign of that name goes.</param>
    /// <param name="cancellationToken">Ends the wait; it may be done nevertheless.</param>
    /// <exception cref="InvalidOperationException">The atSign is hosted and <paramref name="replaces"/> is false; nothing was changed.</exception>
    ValueTask<IKeyStore> CompleteAsync(EpochOrigin origin, bool replaces, CancellationToken cancellationToken);
}
