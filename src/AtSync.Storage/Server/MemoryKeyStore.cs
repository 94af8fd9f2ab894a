using System.Text;
using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>The store of one atSign in memory. Visitors run under its gate, which is what makes their walk a snapshot.</summary>
internal sealed class MemoryKeyStore(AtSign owner, string epochId, Func<StoreQuota> defaultQuota) : IKeyStore
{
    private static readonly Comparer<MemoryRow> _byKey = Comparer<MemoryRow>.Create((x, y) => Utf8Order.Instance.Compare(x.Key, y.Key));

    // Guards everything below.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, MemoryRow> _rows = new(StringComparer.Ordinal);
    private readonly SortedSet<MemoryRow> _live = new(_byKey);
    private readonly MemoryLog _liveLog = new();
    private readonly MemoryLog _tombstoneLog = new();
    private volatile string _epochId = epochId;
    private volatile EpochOrigin? _origin;
    private long _lastCommitId = -1;
    private long _byteCount;
    private bool _isRemoved;
    private StoreQuota _quota = StoreQuota.Unset;
    private MemoryNotificationLog? _notifications;

    /// <inheritdoc/>
    public AtSign Owner => owner;

    /// <inheritdoc/>
    public string EpochId => _epochId;

    /// <inheritdoc/>
    public EpochOrigin? Origin => _origin;

    /// <inheritdoc/>
    public INotificationLog Notifications => Log;

    private MemoryNotificationLog Log
    {
        get
        {
            lock (_gate)
            {
                return _notifications ??= new MemoryNotificationLog(this, _gate);
            }
        }
    }

    /// <inheritdoc/>
    public long LastCommitId => Volatile.Read(ref _lastCommitId);

    /// <inheritdoc/>
    public long ByteCount => Volatile.Read(ref _byteCount);

    /// <inheritdoc/>
    public long RecordCount
    {
        get
        {
            lock (_gate)
            {
                return _live.Count;
            }
        }
    }

    /// <inheritdoc/>
    public StoreSummary Summary
    {
        get
        {
            lock (_gate)
            {
                return new StoreSummary(owner, _live.Count, _byteCount, _lastCommitId, Log.Count, Log.Bytes)
                {
                    OwnQuota = _quota,
                    Quota = Allowed,
                };
            }
        }
    }

    /// <summary>What it may hold now. Under the gate.</summary>
    public StoreQuota Allowed => _quota.Over(defaultQuota());

    /// <summary>Sets what it may hold.</summary>
    public void SetQuota(StoreQuota quota)
    {
        lock (_gate)
        {
            _quota = quota;
        }
    }

    /// <summary>Cached copies due for a refresh.</summary>
    public IReadOnlyList<StaleCopy> StaleCopies(long nowMs)
    {
        lock (_gate)
        {
            return [.. _live.Where(row => row.Key.StartsWith("cached:", StringComparison.Ordinal) && row.Record!.Times.RefreshAtMs <= nowMs)
                .Select(row => new StaleCopy(row.Record!.Times.RefreshAtMs!.Value, owner, row.Key))];
        }
    }

    /// <summary>One line per count or view that does not agree with the rows.</summary>
    public IEnumerable<string> Check()
    {
        lock (_gate)
        {
            var live = _rows.Values.Where(row => row.Record is not null).ToList();
            List<string> findings = [];
            Expect(live.Count == _live.Count && live.Sum(row => row.Size) == _byteCount, "records and bytes are not counted truly");
            Expect(_rows.Values.Where(row => row.CommitId >= 0).OrderBy(row => row.CommitId)
                .SequenceEqual(_liveLog.After(-1).Concat(_tombstoneLog.After(-1)).OrderBy(row => row.CommitId)), "the log and the rows differ");
            Expect(_rows.Values.All(row => row.CommitId <= _lastCommitId), "a commit id is in the log that was not given out");
            Expect(Log.IsSound, "notifications are not counted truly");
            return findings;

            void Expect(bool holds, string finding)
            {
                if (!holds)
                {
                    findings.Add($"{owner}: {finding}");
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoredRecord?> GetAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_rows.GetValueOrDefault(key)?.Record);
        }
    }

    /// <inheritdoc/>
    public ValueTask ScanAsync(string prefix, KeyVisitor visitor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(visitor);
        lock (_gate)
        {
            var last = _live.Max;
            var first = new MemoryRow(prefix);
            if (last is null || _byKey.Compare(first, last) > 0)
            {
                return ValueTask.CompletedTask;
            }

            foreach (var row in _live.GetViewBetween(first, last))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var view = new KeyView
                {
                    Key = Encoding.UTF8.GetBytes(row.Key),
                    AvailableAtMs = row.Record!.Times.AvailableAtMs,
                    ExpiresAtMs = row.Record.Times.ExpiresAtMs,
                    CommitId = row.CommitId,
                };
                if (!row.Key.StartsWith(prefix, StringComparison.Ordinal) || !visitor(view))
                {
                    break;
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ReadLogAsync(long afterCommitId, long skipDeletesUntil, LogVisitor visitor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        lock (_gate)
        {
            var newest = _tombstoneLog.Last;
            var skipUntil = newest > _liveLog.Last ? Math.Min(skipDeletesUntil, newest - 1) : skipDeletesUntil;
            using var live = _liveLog.After(afterCommitId).GetEnumerator();
            using var tombstones = _tombstoneLog.After(Math.Max(afterCommitId, skipUntil)).GetEnumerator();
            var hasLive = live.MoveNext();
            var hasTombstone = tombstones.MoveNext();
            while (hasLive || hasTombstone)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isLive = hasLive && (!hasTombstone || live.Current.CommitId < tombstones.Current.CommitId);
                if (!visitor((isLive ? live : tombstones).Current.ToEntry()))
                {
                    break;
                }

                if (isLive)
                {
                    hasLive = live.MoveNext();
                }
                else
                {
                    hasTombstone = tombstones.MoveNext();
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<long> LastLoggedCommitIdAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(Math.Max(_liveLog.Last, _tombstoneLog.Last));
        }
    }

    /// <inheritdoc/>
    public ValueTask<ChangeResult[]> ApplyAsync(IReadOnlyList<StoreChange> changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changes);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfRemoved();
            var results = new ChangeResult[changes.Count];
            for (var i = 0; i < results.Length; i++)
            {
                results[i] = Apply(changes[i]);
            }

            return ValueTask.FromResult(results);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var expired = _live.Where(row => row.Record!.Times.ExpiresAtMs <= nowMs)
                .OrderBy(row => row.Record!.Times.ExpiresAtMs).Take(Math.Max(0, limit)).ToList();
            expired.ForEach(Forget);
            return ValueTask.FromResult<IReadOnlyList<string>>(expired.ConvertAll(row => row.Key));
        }
    }

    /// <summary>Another epoch, or another origin of it.</summary>
    public void ShowEpoch(string epoch, EpochOrigin origin) => (_epochId, _origin) = (epoch, origin);

    /// <summary>Commit ids go on above this one.</summary>
    public void RaiseLastCommitId(long lastCommitId)
    {
        lock (_gate)
        {
            Volatile.Write(ref _lastCommitId, Math.Max(_lastCommitId, lastCommitId));
        }
    }

    /// <summary>See <see cref="IStorageEngine.ReadAllAsync"/>.</summary>
    public void VisitAll(IStoreVisitor visitor, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            visitor.Head(new StoreHead(EpochId, LastCommitId, RecordCount, ByteCount));
            var unlogged = _live.Where(row => row.CommitId < 0);
            var logged = _liveLog.After(-1).Concat(_tombstoneLog.After(-1)).OrderBy(row => row.CommitId);
            foreach (var row in unlogged.Concat(logged))
            {
                cancellationToken.ThrowIfCancellationRequested();
                visitor.Row(row.ToEntry());
            }

            Log.VisitAll(visitor.Notification);
        }
    }

    /// <summary>See <see cref="IStoreImport.AddAsync"/>. False when something is there already.</summary>
    public bool Import(IReadOnlyList<StoredRecord> rows, IReadOnlyList<StoredNotification> notifications)
    {
        lock (_gate)
        {
            foreach (var record in rows)
            {
                if (_rows.ContainsKey(record.Key) || (record.CommitId >= 0 && record.CommitId <= _lastCommitId))
                {
                    return false;
                }

                Keep(new MemoryRow(record.Key)
                {
                    CommitId = record.CommitId,
                    OpTimeMs = record.OpTimeMs,
                    Record = record.Op == CommitOp.Delete ? null : record,
                });
                Volatile.Write(ref _lastCommitId, Math.Max(_lastCommitId, record.CommitId));
            }

            return notifications.All(Log.TryAdd);
        }
    }

    /// <summary>The atSign is not hosted any more: reads find nothing, writes are refused.</summary>
    public void Remove()
    {
        lock (_gate)
        {
            _isRemoved = true;
            _rows.Values.ToList().ForEach(Forget);
            Log.Clear();
        }
    }

    /// <summary>Under the gate: a notification and its change, or neither when the id is held.</summary>
    public ChangeResult? ApplyWith(StoredNotification notification, StoreChange? change)
    {
        ThrowIfRemoved();
        if (Log.MakeRoom(notification) is { } noRoom)
        {
            return new ChangeResult(-1, noRoom);
        }

        if (!Log.TryAdd(notification))
        {
            return null;
        }

        return (change is null ? new ChangeResult(-1, Error: null) : Apply(change)) with { Owes = true };
    }

    private ChangeResult Apply(StoreChange change)
    {
        var current = _rows.GetValueOrDefault(change.Key);
        var commitId = current?.CommitId ?? -1;
        var decision = change.Decide(current?.Record, commitId);
        if (decision.Kind is ChangeKind.Nothing or ChangeKind.Refuse)
        {
            return new ChangeResult(commitId, decision.Error);
        }

        var size = current?.Record is null ? 0 : current.Size;
        var row = NewRow(change.Key, decision);
        if (decision.Kind == ChangeKind.Put && !change.IsExempt
            && Allowed.CheckRecords(_live.Count, current?.Record is null ? 1 : 0, _byteCount, row.Size - size) is { } full)
        {
            if (change.DecideWithoutRoom(current?.Record) is not { Kind: ChangeKind.Delete } instead)
            {
                return new ChangeResult(commitId, full);
            }

            decision = instead;
            row = NewRow(change.Key, decision);
        }

        var owed = decision.Owed;
        if (owed is not null && Log.MakeRoom(owed) is { } noRoom)
        {
            if (decision.Kind == ChangeKind.Put)
            {
                return new ChangeResult(commitId, noRoom);
            }

            // Records are counted, so what their deletions owe is bounded; of nothing one could delete without end.
            owed = current?.Record is null ? null : owed;
        }

        var owes = owed is not null && Log.TryAdd(owed);
        if (decision.KeepsCommit && current?.Record is not null)
        {
            Volatile.Write(ref _byteCount, _byteCount + row.Size - size);
            current.Record = row.Record! with { CommitId = commitId };
            return new ChangeResult(commitId, Error: null, owes);
        }

        if (current is not null)
        {
            Forget(current);
        }

        if (decision.Kind == ChangeKind.Delete && !decision.Logged)
        {
            return new ChangeResult(-1, Error: null, owes);
        }

        if (decision.Logged)
        {
            Volatile.Write(ref _lastCommitId, _lastCommitId + 1);
            row.CommitId = _lastCommitId;
        }

        if (row.Record is not null)
        {
            row.Record = row.Record with { CommitId = row.CommitId };
        }

        Keep(row);
        return new ChangeResult(row.CommitId, Error: null, owes);
    }

    private static MemoryRow NewRow(string key, in ChangeDecision decision) => new(key)
    {
        OpTimeMs = decision.OpTimeMs,
        Record = decision.Kind != ChangeKind.Put ? null : decision.Record! with
        {
            Key = key,
            // Copied: the caller's bytes are its own again once the change is applied.
            Value = decision.Record!.HasValue ? decision.Record.Value.ToArray() : default,
        },
    };

    private void Keep(MemoryRow row)
    {
        _rows[row.Key] = row;
        if (row.Record is not null)
        {
            _live.Add(row);
            Volatile.Write(ref _byteCount, _byteCount + row.Size);
        }

        if (row.CommitId >= 0)
        {
            (row.Record is null ? _tombstoneLog : _liveLog).Append(row);
        }
    }

    private void Forget(MemoryRow row)
    {
        _rows.Remove(row.Key);
        if (row.Record is not null)
        {
            _live.Remove(row);
            Volatile.Write(ref _byteCount, _byteCount - row.Size);
        }

        if (row.CommitId >= 0)
        {
            (row.Record is null ? _tombstoneLog : _liveLog).Remove(row);
        }
    }

    private void ThrowIfRemoved()
    {
        if (_isRemoved)
        {
            throw new StoreException(StoreFault.Unreadable, $"{owner} is not hosted here any more: its store was removed.");
        }
    }
}
