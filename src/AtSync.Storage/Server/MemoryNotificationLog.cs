namespace AtSync.Storage.Server;

/// <summary>Notifications in memory. Every member runs under the gate of its store, so that a record and what it owes appear together.</summary>
internal sealed class MemoryNotificationLog(MemoryKeyStore store, Lock gate) : INotificationLog
{
    private readonly SortedDictionary<long, StoredNotification> _byPosition = [];
    private readonly Dictionary<string, long> _positions = new(StringComparer.Ordinal);
    private long _lastPosition;

    /// <inheritdoc/>
    public ValueTask<long> LastPositionAsync(CancellationToken cancellationToken) =>
        Read(() => _byPosition.Count == 0 ? 0 : _byPosition.Keys.Max(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ChangeResult?> AddAsync(StoredNotification notification, StoreChange? change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notification);
        return Read(() => store.ApplyWith(notification, change), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<StoredNotification?> FindAsync(string id, CancellationToken cancellationToken) =>
        Read(() => _positions.TryGetValue(id, out var position) ? _byPosition[position] : null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredNotification>> ReadReceivedAsync(long afterPosition, int limit, CancellationToken cancellationToken) =>
        Read(() => (IReadOnlyList<StoredNotification>)Select(item => item.Kind != NotificationKind.Sent, afterPosition, limit), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredNotification>> ReadQueuedAsync(string peer, long afterPosition, int limit, CancellationToken cancellationToken) =>
        Read(() => (IReadOnlyList<StoredNotification>)Select(item => IsQueued(item) && item.Peer == peer, afterPosition, limit), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> QueuedPeersAsync(CancellationToken cancellationToken) => Read<IReadOnlyList<string>>(
        () => [.. _byPosition.Values.Where(IsQueued).Select(item => item.Peer).Distinct().Order(Utf8Order.Instance)], cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> SetStatusAsync(string id, NotificationStatus status, int attempts, CancellationToken cancellationToken) => Read(
        () =>
        {
            if (!_positions.TryGetValue(id, out var position))
            {
                return false;
            }

            _byPosition[position] = _byPosition[position] with { Status = status, Attempts = attempts };
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(string id, CancellationToken cancellationToken) => Read(
        () => _positions.Remove(id, out var position) && _byPosition.Remove(position), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken) => Read(
        () =>
        {
            var expired = _byPosition.Values.Where(item => item.ExpiresAtMs <= nowMs).Take(Math.Max(0, limit)).ToList();
            expired.ForEach(item => _positions.Remove(item.Id));
            expired.ForEach(item => _byPosition.Remove(item.Position));
            return expired.Count;
        },
        cancellationToken);

    /// <summary>Under the gate. False when the id is held already.</summary>
    public bool TryAdd(StoredNotification notification)
    {
        if (!_positions.TryAdd(notification.Id, _lastPosition + 1))
        {
            return false;
        }

        _byPosition.Add(++_lastPosition, notification with { Position = _lastPosition });
        return true;
    }

    /// <summary>Under the gate.</summary>
    public void Clear()
    {
        _byPosition.Clear();
        _positions.Clear();
    }

    private static bool IsQueued(StoredNotification item) => item is { Kind: NotificationKind.Sent, Status: NotificationStatus.Queued };

    private List<StoredNotification> Select(Func<StoredNotification, bool> isWanted, long afterPosition, int limit) =>
        [.. _byPosition.Values.Where(item => item.Position > afterPosition && isWanted(item)).Take(limit)];

    private ValueTask<T> Read<T>(Func<T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            return ValueTask.FromResult(read());
        }
    }
}
