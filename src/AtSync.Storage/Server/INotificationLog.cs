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
    /// nothing is done, the change neither. Where the <see cref="StoreQuota"/> of notifications has no room, expired ones go, the oldest
    /// first; if that is not enough the result is its error and nothing is done. A change that is refused does not undo the notification:
    /// its error is in the result, with <see cref="ChangeResult.Owes"/> true. Cancelling the wait does not undo it.
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

    /// <summary>Visits all of them, expired ones too, in no order, on a snapshot. The visitor is called on the reading thread and must be quick.</summary>
    ValueTask VisitAsync(NotificationVisitor visitor, CancellationToken cancellationToken);

    /// <summary>Changes status and number of attempts. Durable on return. False when the id is not held.</summary>
    ValueTask<bool> SetStatusAsync(string id, NotificationStatus status, int attempts, CancellationToken cancellationToken);

    /// <summary>Forgets a notification. Durable on return. False when the id was not held.</summary>
    ValueTask<bool> RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Forgets notifications whose expiry is at or before <paramref name="nowMs"/>, at most <paramref name="limit"/>; returns how many.</summary>
    ValueTask<int> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken);
}

/// <summary>Sees one notification.</summary>
public delegate void NotificationVisitor(in NotificationView item);

/// <summary>A notification in a walk.</summary>
public readonly ref struct NotificationView
{
    /// <summary>Which way it goes.</summary>
    public required NotificationKind Kind { get; init; }

    /// <summary>How far it got.</summary>
    public required NotificationStatus Status { get; init; }

    /// <summary>See <see cref="StoredNotification.Body"/>.</summary>
    public required ReadOnlySpan<byte> Body { get; init; }
}
