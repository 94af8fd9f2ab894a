using AtSync.Protocol;
using AtSync.Storage.Server.Shards;

namespace AtSync.Storage.Server;

/// <summary>The store of one atSign in a shard. Holds no state of its own but the counts of the latest commit, for show.</summary>
internal sealed class SqliteKeyStore : IKeyStore
{
    private readonly Shard _shard;
    private readonly QuotaDefault _quota;

    // As of the latest commit; replaced as a whole, never changed.
    private volatile TenantTotals _totals;
    private volatile TenantEpoch _epoch;
    private volatile bool _isRemoved;

    public SqliteKeyStore(Shard shard, AtSign owner, long tenantId, TenantEpoch epoch, TenantTotals totals, QuotaDefault quota)
    {
        _shard = shard;
        _quota = quota;
        _totals = totals;
        Owner = owner;
        TenantId = tenantId;
        _epoch = epoch;
        Notifications = new SqliteNotificationLog(this, shard);
    }

    /// <inheritdoc/>
    public AtSign Owner { get; }

    /// <inheritdoc/>
    public string EpochId => _epoch.Id;

    /// <inheritdoc/>
    public EpochOrigin? Origin => _epoch.Origin;

    /// <summary>Its row in the shard; never used again after a removal.</summary>
    public long TenantId { get; }

    /// <inheritdoc/>
    public INotificationLog Notifications { get; }

    /// <summary>The atSign is not hosted any more; see <see cref="MarkRemoved"/>.</summary>
    public bool IsRemoved => _isRemoved;

    /// <inheritdoc/>
    public long LastCommitId => _totals.LastCommitId;

    /// <inheritdoc/>
    public long RecordCount => _totals.Records;

    /// <inheritdoc/>
    public long ByteCount => _totals.Bytes;

    /// <inheritdoc/>
    public StoreSummary Summary => _totals.Summarize(Owner, _quota.Value);

    /// <inheritdoc/>
    public async ValueTask<StoredRecord?> GetAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        using var lease = await _shard.Readers.RentAsync(cancellationToken);
        return _isRemoved ? null : lease.Reader.Get(TenantId, key);
    }

    /// <inheritdoc/>
    public async ValueTask ScanAsync(string prefix, KeyVisitor visitor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(visitor);
        using var lease = await _shard.Readers.RentAsync(cancellationToken);
        if (!_isRemoved)
        {
            lease.Reader.Scan(TenantId, prefix, visitor, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReadLogAsync(long afterCommitId, long skipDeletesUntil, LogVisitor visitor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        using var lease = await _shard.Readers.RentAsync(cancellationToken);
        if (!_isRemoved)
        {
            lease.Reader.ReadLog(TenantId, afterCommitId, skipDeletesUntil, visitor, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<long> LastLoggedCommitIdAsync(CancellationToken cancellationToken)
    {
        using var lease = await _shard.Readers.RentAsync(cancellationToken);
        return _isRemoved ? -1 : lease.Reader.LastLogged(TenantId);
    }

    /// <inheritdoc/>
    public ValueTask<ChangeResult[]> ApplyAsync(IReadOnlyList<StoreChange> changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changes);
        return changes.Count == 0
            ? ValueTask.FromResult(Array.Empty<ChangeResult>())
            : _shard.Writer.RunAsync(new ApplyJob(this, changes), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken)
    {
        // Housekeeping asks every store again and again: a look through the index costs no transaction.
        using (var lease = await _shard.Readers.RentAsync(cancellationToken))
        {
            if (limit <= 0 || _isRemoved || !lease.Reader.HasExpired(TenantId, nowMs))
            {
                return [];
            }
        }

        return await _shard.Writer.RunAsync(new RemoveExpiredJob(this, nowMs, limit), cancellationToken);
    }

    /// <summary>Shows what a commit made durable. Called by the shard's writer only, which gives the totals away.</summary>
    public void Publish(TenantTotals totals) => _totals = totals;

    /// <summary>The store's row has another epoch now.</summary>
    public void ShowEpoch(TenantEpoch epoch) => _epoch = epoch;

    /// <summary>The atSign was removed: from now on reads find nothing, although its rows are cleared away later; writes are refused by the row itself.</summary>
    public void MarkRemoved()
    {
        _isRemoved = true;
        Publish(new TenantTotals { LastCommitId = LastCommitId });
    }

    /// <summary>What a caller is told who still holds the store of an atSign that is not hosted any more.</summary>
    public StoreException Removed() => new(StoreFault.Unreadable, $"{Owner} is not hosted here any more: its store was removed.");
}
