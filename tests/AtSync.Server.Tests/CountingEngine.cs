using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Tests;

/// <summary>The memory engine, noting how many changes each call of the store carried.</summary>
internal sealed class CountingEngine : IStorageEngine
{
    private readonly MemoryEngine _inner = new(new TestRandom(1));

    public List<int> Calls { get; } = [];

    public async ValueTask<IKeyStore?> FindAsync(AtSign atSign, CancellationToken cancellationToken) =>
        await _inner.FindAsync(atSign, cancellationToken) is { } store ? new Store(store, Calls) : null;

    public async ValueTask<IKeyStore> AddAsync(AtSign atSign, CancellationToken cancellationToken) =>
        new Store(await _inner.AddAsync(atSign, cancellationToken), Calls);

    public ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken) => _inner.RemoveAsync(atSign, cancellationToken);

    public IAsyncEnumerable<StoreSummary> ListAsync(CancellationToken cancellationToken) => _inner.ListAsync(cancellationToken);

    public StoreQuota DefaultQuota
    {
        get => _inner.DefaultQuota;
        set => _inner.DefaultQuota = value;
    }

    public ValueTask<bool> SetQuotaAsync(AtSign atSign, StoreQuota quota, CancellationToken cancellationToken) =>
        _inner.SetQuotaAsync(atSign, quota, cancellationToken);

    public ValueTask<int> SweepExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken) =>
        _inner.SweepExpiredAsync(nowMs, limit, cancellationToken);

    public ValueTask<IReadOnlyList<StaleCopy>> StaleCopiesAsync(long nowMs, StaleCopy after, int limit, CancellationToken cancellationToken) =>
        _inner.StaleCopiesAsync(nowMs, after, limit, cancellationToken);

    public ValueTask<bool> ReadAllAsync(AtSign atSign, IStoreVisitor visitor, CancellationToken cancellationToken) =>
        _inner.ReadAllAsync(atSign, visitor, cancellationToken);

    public ValueTask<IStoreImport> BeginImportAsync(AtSign atSign, CancellationToken cancellationToken) =>
        _inner.BeginImportAsync(atSign, cancellationToken);

    public ValueTask<bool> RenewEpochAsync(AtSign atSign, CancellationToken cancellationToken) => _inner.RenewEpochAsync(atSign, cancellationToken);

    public ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => _inner.CheckAsync(cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private sealed class Store(IKeyStore inner, List<int> calls) : IKeyStore
    {
        public AtSign Owner => inner.Owner;

        public string EpochId => inner.EpochId;

        public EpochOrigin? Origin => inner.Origin;

        public INotificationLog Notifications => inner.Notifications;

        public long LastCommitId => inner.LastCommitId;

        public long RecordCount => inner.RecordCount;

        public long ByteCount => inner.ByteCount;

        public StoreSummary Summary => inner.Summary;

        public ValueTask<StoredRecord?> GetAsync(string key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

        public ValueTask ScanAsync(string prefix, KeyVisitor visitor, CancellationToken cancellationToken) =>
            inner.ScanAsync(prefix, visitor, cancellationToken);

        public ValueTask ReadLogAsync(long afterCommitId, long skipDeletesUntil, LogVisitor visitor, CancellationToken cancellationToken) =>
            inner.ReadLogAsync(afterCommitId, skipDeletesUntil, visitor, cancellationToken);

        public ValueTask<long> LastLoggedCommitIdAsync(CancellationToken cancellationToken) => inner.LastLoggedCommitIdAsync(cancellationToken);

        public ValueTask<ChangeResult[]> ApplyAsync(IReadOnlyList<StoreChange> changes, CancellationToken cancellationToken)
        {
            calls.Add(changes.Count);
            return inner.ApplyAsync(changes, cancellationToken);
        }

        public ValueTask<IReadOnlyList<string>> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken) =>
            inner.RemoveExpiredAsync(nowMs, limit, cancellationToken);
    }
}
