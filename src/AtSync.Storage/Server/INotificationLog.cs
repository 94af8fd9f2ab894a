namespace AtSync.Storage.Server;

/// <summary>
/// The notifications of one atSign in the order in which they became known: what came in, what it told itself, and what it owes to others.
/// An id is held once; whoever brings it again changes nothing. May be called concurrently.
/// </summary>
public interface INotificationLog
{
    /// <summary>Highest position held, 0 when empty. Positions only rise and are never used again.</summary>
    ValueTask<long> LastPositionAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Adds a notification and applies the change that goes with it in one durable transaction. Null when the id is held already: then
    /// nothing is done, the change neither. Cancelling the wait does not undo it.
    /// </summary>
    ValueTask<ChangeResult?> AddAsync(StoredNotification notification, StoreChange? change, CancellationToken cancellationToken);

    /// <summary>The notification with this id, expired ones too.</summary>
    ValueTask<StoredNotification?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>What was received or told to itself, ascending from the first position greater than the given one.</summary>
    ValueTask<IReadOnlyList<StoredNotification>> ReadReceivedAsync(long afterPosition, int limit, CancellationToken cancellationToken);

    /// <summary>What waits for one other atSign, ascending from the first position greater than the given one.</summary>
    ValueTask<IReadOnlyList<StoredNotification>> ReadQueuedAsync(string peer, long afterPosition, int limit, CancellationToken cancellationToken);

    /// <summary>The atSigns for whom something waits, in ordinal order.</summary>
    ValueTask<IReadOnlyList<string>> QueuedPeersAsync(CancellationToken cancellationToken);

    /// <summary>Changes status and number of attempts. Durable on return. False when the id is not held.</summary>
    ValueTask<bool> SetStatusAsync(string id, NotificationStatus status, int attempts, CancellationToken cancellationToken);

    /// <summary>Forgets a notification. Durable on return. False when the id was not held.</summary>
    ValueTask<bool> RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Forgets notifications whose expiry is at or before <paramref name="nowMs"/>, at most <paramref name="limit"/>; returns how many.</summary>
    ValueTask<int> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken);
}
