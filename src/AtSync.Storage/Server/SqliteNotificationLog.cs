using AtSync.Storage.Server.Shards;

namespace AtSync.Storage.Server;

/// <summary>The notifications of one atSign in a shard.</summary>
internal sealed class SqliteNotificationLog(SqliteKeyStore store, Shard shard) : INotificationLog
{
    /// <inheritdoc/>
    public ValueTask<long> LastPositionAsync(CancellationToken cancellationToken) =>
        ReadAsync(reader => reader.LastPosition(store.TenantId), 0, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ChangeResult?> AddAsync(StoredNotification notification, StoreChange? change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notification);
        return WriteAsync(transaction => transaction.Add(store, notification, change), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<StoredNotification?> FindAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync(reader => reader.Find(store.TenantId, id), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredNotification>> ReadReceivedAsync(long afterPosition, int limit, CancellationToken cancellationToken) =>
        ReadAsync(reader => reader.ReadReceived(store.TenantId, afterPosition, limit), [], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredNotification>> ReadQueuedAsync(string peer, long afterPosition, int limit, CancellationToken cancellationToken) =>
        ReadAsync(reader => reader.ReadQueued(store.TenantId, peer, afterPosition, limit), [], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> QueuedPeersAsync(CancellationToken cancellationToken) =>
        ReadAsync(reader => reader.QueuedPeers(store.TenantId), [], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask VisitAsync(NotificationVisitor visitor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        using var lease = await shard.Readers.RentAsync(cancellationToken);
        if (!store.IsRemoved)
        {
            lease.Reader.Notifications.Visit(store.TenantId, visitor, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> SetStatusAsync(string id, NotificationStatus status, int attempts, CancellationToken cancellationToken) =>
        WriteAsync(transaction => transaction.SetStatus(store, id, status, attempts), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(string id, CancellationToken cancellationToken) =>
        WriteAsync(transaction => transaction.Remove(store, id), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<int> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken)
    {
        // Asked again and again: a look through the index costs no transaction.
        return limit > 0 && await ReadAsync(reader => reader.HasExpired(store.TenantId, nowMs), false, cancellationToken)
            ? await WriteAsync(transaction => transaction.RemoveExpiredNotifications(store, nowMs, limit), cancellationToken)
            : 0;
    }

    private async ValueTask<T> ReadAsync<T>(Func<NotificationReader, T> read, T whenRemoved, CancellationToken cancellationToken)
    {
        using var lease = await shard.Readers.RentAsync(cancellationToken);
        return store.IsRemoved ? whenRemoved : read(lease.Reader.Notifications);
    }

    private ValueTask<T> WriteAsync<T>(Func<ShardTransaction, T> work, CancellationToken cancellationToken) =>
        shard.Writer.RunAsync(new TenantJob<T>(work), cancellationToken);
}
