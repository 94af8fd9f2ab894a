using System.Runtime.CompilerServices;
using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>
/// An engine that keeps everything in memory, for tests and simulation: every call completes before it returns, so that a run replays.
/// Behaves as <see cref="SqliteEngine"/> does, except that nothing survives it.
/// </summary>
/// <param name="random">Makes epoch ids.</param>
public sealed class MemoryEngine(IRandomSource random) : IStorageEngine
{
    // Guards the map; each store has a gate of its own.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MemoryKeyStore> _stores = new(Utf8Order.Instance);
    private volatile StoreQuota _defaultQuota = StoreQuota.Unset;

    /// <inheritdoc/>
    public StoreQuota DefaultQuota
    {
        get => _defaultQuota;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            _defaultQuota = value;
        }
    }

    /// <inheritdoc/>
    public ValueTask<IKeyStore?> FindAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult<IKeyStore?>(_stores.GetValueOrDefault(atSign.Name));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IKeyStore> AddAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(atSign.Name, nameof(atSign));
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var store = new MemoryKeyStore(atSign, random.NewHexId(), () => _defaultQuota);
            return _stores.TryAdd(atSign.Name, store)
                ? ValueTask.FromResult<IKeyStore>(store)
                : throw new InvalidOperationException($"{atSign} is already hosted here.");
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_stores.Remove(atSign.Name, out var store))
            {
                return ValueTask.FromResult(false);
            }

            store.Remove();
            return ValueTask.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreSummary> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var store in Stores)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return store.Summary;
        }

        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> SetQuotaAsync(AtSign atSign, StoreQuota quota, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(quota);
        quota.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            _stores.TryGetValue(atSign.Name, out var store);
            store?.SetQuota(quota);
            return ValueTask.FromResult(store is not null);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReadAllAsync(AtSign atSign, IStoreVisitor visitor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        MemoryKeyStore? store;
        lock (_gate)
        {
            store = _stores.GetValueOrDefault(atSign.Name);
        }

        store?.VisitAll(visitor, cancellationToken);
        return ValueTask.FromResult(store is not null);
    }

    /// <inheritdoc/>
    public ValueTask<IStoreImport> BeginImportAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(atSign.Name, nameof(atSign));
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IStoreImport>(new MemoryImport(this, new MemoryKeyStore(atSign, random.NewHexId(), () => DefaultQuota)));
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewEpochAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var store = _stores.GetValueOrDefault(atSign.Name);
            store?.ShowEpoch(random.NewHexId(), new EpochOrigin(store.EpochId, store.LastCommitId));
            return ValueTask.FromResult(store is not null);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> SweepExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var store in Stores)
        {
            removed += (await store.RemoveExpiredAsync(nowMs, limit - removed, cancellationToken)).Count;
            removed += await store.Notifications.RemoveExpiredAsync(nowMs, limit - removed, cancellationToken);
        }

        return removed;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StaleCopy>> StaleCopiesAsync(long nowMs, StaleCopy after, int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<StaleCopy>>(
            [.. Stores.SelectMany(store => store.StaleCopies(nowMs)).Where(copy => StaleOrder.Compare(copy, after) > 0).Order(StaleOrder).Take(limit)]);
    }

    /// <summary>Puts an imported store in place.</summary>
    internal void Complete(MemoryKeyStore imported, EpochOrigin origin, bool replaces)
    {
        lock (_gate)
        {
            var name = imported.Owner.Name;
            var replaced = _stores.GetValueOrDefault(name);
            if (replaced is not null && !replaces)
            {
                throw new InvalidOperationException($"{imported.Owner} is already hosted here.");
            }

            imported.ShowEpoch(imported.EpochId, origin with { LastCommitId = Math.Max(origin.LastCommitId, imported.LastCommitId) });
            imported.RaiseLastCommitId(Math.Max(origin.LastCommitId, replaced?.LastCommitId ?? -1));
            imported.SetQuota(replaced?.Summary.OwnQuota ?? StoreQuota.Unset);
            _stores[name] = imported;
            replaced?.Remove();
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<string>>([.. Stores.SelectMany(store => store.Check())]);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Comparer<StaleCopy> StaleOrder { get; } = Comparer<StaleCopy>.Create((x, y) =>
        x.RefreshAtMs != y.RefreshAtMs ? x.RefreshAtMs.CompareTo(y.RefreshAtMs)
        : Utf8Order.Instance.Compare(x.Owner.Name, y.Owner.Name) is not 0 and var byOwner ? byOwner
        : Utf8Order.Instance.Compare(x.Key ?? "", y.Key ?? ""));

    private MemoryKeyStore[] Stores
    {
        get
        {
            lock (_gate)
            {
                return [.. _stores.Values];
            }
        }
    }
}
