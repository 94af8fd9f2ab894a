using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>Notifications in memory. Every member runs under the gate of its store, so that a record and what it owes appear together.</summary>
internal sealed class MemoryNotificationLog(MemoryKeyStore store, Lock gate) : INotificationLog
{
    private readonly SortedDictionary<long, StoredNotification> _byPosition = [];
    private readonly Dictionary<string, long> _positions = new(StringComparer.Ordinal);
    private long _lastPosition;

    /// <summary>Held. Under the gate, as all below.</summary>
    public int Count => _byPosition.Count;

    /// <summary>Their bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the counts and the two views agree.</summary>
    public bool IsSound => Bytes == _byPosition.Values.Sum(item => item.Size) && _positions.Count == _byPosition.Count
        && _byPosition.All(entry => entry.Key == entry.Value.Position && _positions.GetValueOrDefault(entry.Value.Id) == entry.Key);

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
    public ValueTask VisitAsync(NotificationVisitor visitor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            foreach (var item in _byPosition.Values)
            {
                visitor(new NotificationView { Kind = item.Kind, Status = item.Status, Body = item.Body.Span });
            }
        }

        return ValueTask.CompletedTask;
    }

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
        () => _positions.TryGetValue(id, out var position) && Forget([_byPosition[position]]) == 1, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken) => Read(
        () => Forget(Expired(nowMs).Take(Math.Max(0, limit))), cancellationToken);

    /// <summary>Null when there is room for it, after expired ones went where that is needed; its error otherwise.</summary>
    public AtError? MakeRoom(StoredNotification item)
    {
        while (store.Allowed.CheckNotification(item, Count, Bytes) is { } error)
        {
            var outdated = Outdated(item).Skip(item.TopicMax - 1).ToList();
            if (_positions.ContainsKey(item.Id)
                || store.Allowed.CheckNotification(item, Count - outdated.Count, Bytes - outdated.Sum(old => old.Size)) is null)
            {
                return null;
            }

            if (Forget(Expired(item.CreatedAtMs).Take(1)) == 0)
            {
                return error;
            }
        }

        return null;
    }

    /// <summary>Under the gate. False when the id is held already.</summary>
    public bool TryAdd(StoredNotification notification)
    {
        if (!_positions.TryAdd(notification.Id, _lastPosition + 1))
        {
            return false;
        }

        _byPosition.Add(++_lastPosition, notification with { Position = _lastPosition, TopicMax = 1 });
        Bytes += notification.Size;
        Forget(Outdated(notification).Skip(notification.TopicMax));
        return true;
    }

    /// <summary>Under the gate.</summary>
    public void VisitAll(Action<StoredNotification> visit)
    {
        foreach (var notification in _byPosition.Values)
        {
            visit(notification);
        }
    }

    /// <summary>Under the gate.</summary>
    public void Clear()
    {
        _byPosition.Clear();
        _positions.Clear();
        Bytes = 0;
    }

    private IEnumerable<StoredNotification> Expired(long nowMs) => _byPosition.Values.Where(item => item.ExpiresAtMs <= nowMs).OrderBy(item => item.ExpiresAtMs);

    /// <summary>Of its topic and peer, those that wait, the newest first.</summary>
    private IEnumerable<StoredNotification> Outdated(StoredNotification item) => item.Topic is null
        ? []
        : _byPosition.Values.Where(other => IsQueued(other) && other.Topic == item.Topic && other.Peer == item.Peer).Reverse();

    private int Forget(IEnumerable<StoredNotification> items)
    {
        var gone = items.ToList();
        foreach (var item in gone)
        {
            _byPosition.Remove(item.Position);
            _positions.Remove(item.Id);
            Bytes -= item.Size;
        }

        return gone.Count;
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
