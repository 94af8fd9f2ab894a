using System.Runtime.CompilerServices;
using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Server.Shards;
using AtSync.Storage.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.Storage.Server;

/// <summary>
/// The durable engine: the atSigns of one server in a few SQLite files, each with one writer (group commit, <c>synchronous=FULL</c>) and
/// a few readers. An atSign's file follows from its name. An idle atSign costs a row; its <see cref="IKeyStore"/> lives as long as
/// someone holds it.
/// </summary>
public sealed class SqliteEngine : IStorageEngine, IOnlineBackup
{
    private const string LockFileName = "engine.lock";

    /// <summary>The names of the shard files.</summary>
    internal const string ShardPattern = "keys-*.db";

    private const int ListPage = 1000;
    private const int ForgetStep = 1024;

    /// <summary>AtSigns of one file that a sweep looks at: two index look-ups each.</summary>
    private const int SweepPage = 2000;

    private readonly FileLock _lock;
    private readonly IRandomSource _random;
    private readonly ILogger _log;
    private readonly Shard[] _shards;
    private readonly QuotaDefault _quota;
    private readonly long[] _sweptTo;

    // Guards the map. A store is read and entered under it, so that two callers share one and none is made from an old snapshot.
    private readonly SemaphoreSlim _storesGate = new(1, 1);
    private readonly Dictionary<AtSign, WeakReference<SqliteKeyStore>> _stores = [];
    private int _forgetAt = ForgetStep;
    private int _isDisposed;

    private SqliteEngine(FileLock heldLock, IRandomSource random, ILogger log, Shard[] shards, QuotaDefault quota)
    {
        _log = log;
        _quota = quota;
        _sweptTo = new long[shards.Length];
        _lock = heldLock;
        _random = random;
        _shards = shards;
    }

    /// <summary>The files, for tests.</summary>
    internal IReadOnlyList<Shard> Shards => _shards;

    /// <inheritdoc/>
    public StoreQuota DefaultQuota
    {
        get => _quota.Value;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            _quota.Value = value;
        }
    }

    /// <summary>Opens the folder, or makes it. Recovers by itself from a crash.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="random">Makes epoch ids.</param>
    /// <param name="logger">Where failures of files are written; null = nowhere.</param>
    /// <exception cref="StoreException">
    /// <see cref="StoreFault.Locked"/>: another process has it open. <see cref="StoreFault.NewerVersion"/>: left untouched.
    /// <see cref="StoreFault.Corrupt"/>, <see cref="StoreFault.Unreadable"/>, <see cref="StoreFault.Full"/>: the message names the file.
    /// </exception>
    public static SqliteEngine Open(SqliteEngineOptions options, IRandomSource random, ILogger<SqliteEngine>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        options.Validate();
        var log = logger ?? NullLogger<SqliteEngine>.Instance;
        MakeFolder(options.Folder);
        var heldLock = FileLock.TryTake(Path.Combine(options.Folder, LockFileName)) ?? throw new StoreException(StoreFault.Locked,
            $"Another process has the key stores in '{options.Folder}' open. Stop it first.");
        var shards = new List<Shard>();
        var quota = new QuotaDefault();
        try
        {
            OpenShards(options, quota, log, shards);
        }
        catch
        {
            foreach (var shard in shards)
            {
                shard.Abandon();
            }

            heldLock.Dispose();
            throw;
        }

        foreach (var shard in shards)
        {
            shard.Writer.Start();
        }

        Log.EngineOpened(log, options.Folder, shards.Count);
        return new SqliteEngine(heldLock, random, log, [.. shards], quota);
    }

    /// <inheritdoc/>
    public async ValueTask<IKeyStore?> FindAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        await _storesGate.WaitAsync(cancellationToken);
        try
        {
            if (_stores.TryGetValue(atSign, out var known) && known.TryGetTarget(out var store))
            {
                return store;
            }

            var shard = ShardOf(atSign);
            using var lease = await shard.Readers.RentAsync(cancellationToken);
            if (lease.Reader.FindTenant(atSign.Name) is not var (id, epoch, totals))
            {
                return null;
            }

            store = new SqliteKeyStore(shard, atSign, id, epoch, totals, _quota);
            _stores[atSign] = new WeakReference<SqliteKeyStore>(store);
            ForgetIdle();
            return store;
        }
        finally
        {
            _storesGate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IKeyStore> AddAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(atSign.Name, nameof(atSign));
        var epoch = _random.NewHexId();
        var isAdded = await ShardOf(atSign).Writer.RunAsync(
            new TenantJob<bool>(transaction => TenantTable.Add(transaction.Database, atSign.Name, epoch)), cancellationToken);
        if (!isAdded)
        {
            throw new InvalidOperationException($"{atSign} is already hosted here.");
        }

        return await FindAsync(atSign, cancellationToken) ?? throw new InvalidOperationException($"{atSign} was removed again at once.");
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        var shard = ShardOf(atSign);
        var isRemoved = await shard.Writer.RunAsync(
            new TenantJob<bool>(transaction => TenantTable.Remove(transaction.Database, atSign.Name, shard.Writer)), cancellationToken);
        if (isRemoved)
        {
            await ForgetAsync(atSign);
        }

        return isRemoved;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreSummary> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Each shard is read in pages, so that no snapshot stays open while the caller looks at a line.
        var pages = new Queue<StoreSummary>[_shards.Length];
        var ends = new string?[_shards.Length];
        Array.Fill(ends, "");
        Array.Fill(pages, new Queue<StoreSummary>());
        while (true)
        {
            var least = -1;
            for (var i = 0; i < _shards.Length; i++)
            {
                if (pages[i].Count == 0 && ends[i] is { } after)
                {
                    (pages[i], ends[i]) = await ReadPageAsync(_shards[i], after, cancellationToken);
                }

                if (pages[i].Count > 0 && (least < 0 || IsBefore(pages[i].Peek(), pages[least].Peek())))
                {
                    least = i;
                }
            }

            if (least < 0)
            {
                yield break;
            }

            yield return pages[least].Dequeue();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> SetQuotaAsync(AtSign atSign, StoreQuota quota, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(quota);
        quota.Validate();
        if (await FindAsync(atSign, cancellationToken) is not SqliteKeyStore store)
        {
            return false;
        }

        return await ShardOf(atSign).Writer.RunAsync(
            new TenantJob<bool>(transaction =>
            {
                transaction.SetQuota(store, quota);
                return true;
            }),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<int> SweepExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken)
    {
        var removed = 0;
        for (var i = 0; i < _shards.Length && removed < limit; i++)
        {
            removed += await SweepAsync(i, nowMs, limit - removed, cancellationToken);
        }

        return removed;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StaleCopy>> StaleCopiesAsync(long nowMs, StaleCopy after, int limit, CancellationToken cancellationToken)
    {
        var copies = new List<StaleCopy>();
        foreach (var shard in _shards)
        {
            using var lease = await shard.Readers.RentAsync(cancellationToken);
            copies.AddRange(lease.Reader.StaleCopies(nowMs, after, limit));
        }

        return [.. copies.OrderBy(copy => copy.RefreshAtMs).ThenBy(copy => copy.Owner.Name, Utf8Order.Instance).ThenBy(copy => copy.Key, Utf8Order.Instance).Take(limit)];
    }

    /// <inheritdoc/>
    public ValueTask<bool> ReadAllAsync(AtSign atSign, IStoreVisitor visitor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        using var reader = ShardOf(atSign).OpenReader();
        return ValueTask.FromResult(reader.ReadAll(atSign.Name, visitor, cancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask<IStoreImport> BeginImportAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(atSign.Name, nameof(atSign));
        var shard = ShardOf(atSign);
        var epoch = _random.NewHexId();
        var id = await shard.Writer.RunAsync(
            new TenantJob<long>(transaction => TenantTable.AddImport(transaction.Database, ":" + epoch, epoch)), cancellationToken);
        return new SqliteImport(this, shard, new SqliteKeyStore(shard, atSign, id, new TenantEpoch(epoch, Origin: null), new TenantTotals(), _quota));
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewEpochAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        var epoch = _random.NewHexId();
        var renewed = await ShardOf(atSign).Writer.RunAsync(
            new TenantJob<EpochOrigin?>(transaction => TenantTable.RenewEpoch(transaction.Database, atSign.Name, epoch, lastCommitIdMin: -1)), cancellationToken);
        if (renewed is not null)
        {
            await OnKnownAsync(atSign, store => store.ShowEpoch(new TenantEpoch(epoch, renewed)));
        }

        return renewed is not null;
    }

    /// <summary>
    /// Another epoch for every atSign, and commit ids that go on above what <paramref name="lastCommitIdMin"/> says. One durable transaction per file.
    /// </summary>
    internal async ValueTask RenewEpochsAsync(Func<AtSign, long> lastCommitIdMin, CancellationToken cancellationToken)
    {
        foreach (var shard in _shards)
        {
            await shard.Writer.RunAsync(
                new TenantJob<bool>(transaction => TenantTable.RenewEpochs(transaction.Database, _random.NewHexId, name => lastCommitIdMin(AtSign.Parse(name)))),
                cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask BackUpAsync(string folder, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        MakeFolder(folder);
        ShardBackup.Run(_shards, folder, progress, cancellationToken);
        Log.BackedUp(_log, folder);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        var findings = new List<string>();
        foreach (var shard in _shards)
        {
            cancellationToken.ThrowIfCancellationRequested();
            findings.AddRange(ShardCheck.Run(shard));
        }

        return ValueTask.FromResult<IReadOnlyList<string>>(findings);
    }

    /// <inheritdoc/>
    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        await Task.WhenAll(_shards.Select(shard => shard.Writer.RunAsync(
            new TenantJob<bool>(static transaction =>
            {
                transaction.Database.Execute("UPDATE shard SET position=position");
                return true;
            }),
            cancellationToken).AsTask()));
    }

    /// <summary>Finishes what was asked for, closes the files and frees the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        foreach (var shard in _shards)
        {
            await shard.DisposeAsync();
        }

        _lock.Dispose();
    }

    /// <summary>Whoever holds the store of an atSign that went or was replaced finds nothing in it any more.</summary>
    internal async ValueTask ForgetAsync(AtSign atSign)
    {
        await OnKnownAsync(atSign, store =>
        {
            _stores.Remove(atSign);
            store.MarkRemoved();
        });
    }

    private async ValueTask OnKnownAsync(AtSign atSign, Action<SqliteKeyStore> change)
    {
        await _storesGate.WaitAsync(CancellationToken.None);
        try
        {
            if (_stores.TryGetValue(atSign, out var known) && known.TryGetTarget(out var store))
            {
                change(store);
            }
        }
        finally
        {
            _storesGate.Release();
        }
    }

    internal static void MakeFolder(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Unreadable, $"The folder '{folder}' can't be made: {failure.Message}", failure);
        }
    }

    private static void OpenShards(SqliteEngineOptions options, QuotaDefault quota, ILogger logger, List<Shard> shards)
    {
        // The first file is made last: when it is there, the folder was finished and every other file must be there too.
        var first = ShardPath(options.Folder, 0);
        RefuseEmpty(first);
        var isNewFolder = !File.Exists(first);
        var count = isNewFolder ? options.Shards : Shard.ReadCount(first);

        for (var i = 0; i < count; i++)
        {
            var path = ShardPath(options.Folder, i);
            if (!isNewFolder && !File.Exists(path))
            {
                throw new StoreException(StoreFault.Corrupt, $"The key store '{path}' is missing. Restore the folder from one copy.");
            }

            RefuseEmpty(path);

            // All are looked at before one is opened, so that a folder that is refused stays as it is.
            ShardSchema.Schema.Inspect(path);
        }

        for (var i = count - 1; i >= 0; i--)
        {
            shards.Insert(0, Shard.Open(ShardPath(options.Folder, i), i, count, isNewFolder, options, quota, logger));
        }
    }

    /// <summary>A file gets its name once it is whole; SQLite would take an empty one for a new one, and delete its write-ahead log.</summary>
    private static void RefuseEmpty(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: 0 })
        {
            throw new StoreException(StoreFault.Corrupt, $"The key store '{path}' has lost its content: it is empty. Restore the folder from one copy.");
        }
    }

    private static string ShardPath(string folder, int position) => Path.Combine(folder, FormattableString.Invariant($"keys-{position}.db"));

    // FNV-1a: it must give the same file in every process and version, so it is not string.GetHashCode.
    private Shard ShardOf(AtSign atSign)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(atSign.Name))
        {
            hash = (hash ^ b) * 16777619u;
        }

        return _shards[hash % (uint)_shards.Length];
    }

    private void ForgetIdle()
    {
        if (_stores.Count < _forgetAt)
        {
            return;
        }

        foreach (var (atSign, store) in _stores)
        {
            if (!store.TryGetTarget(out _))
            {
                _stores.Remove(atSign);
            }
        }

        _forgetAt = _stores.Count * 2 + ForgetStep;
    }

    private async ValueTask<int> SweepAsync(int shard, long nowMs, int limit, CancellationToken cancellationToken)
    {
        List<(long Id, string Name, bool HasExpired)> page;
        using (var lease = await _shards[shard].Readers.RentAsync(cancellationToken))
        {
            page = lease.Reader.Sweep(_sweptTo[shard], nowMs, SweepPage);
        }

        var removed = 0;
        foreach (var (id, name, _) in page.Where(tenant => tenant.HasExpired))
        {
            if (await FindAsync(AtSign.Parse(name), cancellationToken) is { } store)
            {
                int some;
                do
                {
                    some = (await store.RemoveExpiredAsync(nowMs, limit - removed, cancellationToken)).Count;
                    removed += some;
                }
                while (some > 0 && removed < limit);

                removed += await store.Notifications.RemoveExpiredAsync(nowMs, limit - removed, cancellationToken);
            }

            if (removed >= limit)
            {
                // It may hold more: the next call begins with it.
                _sweptTo[shard] = id - 1;
                return removed;
            }
        }

        _sweptTo[shard] = page.Count < SweepPage ? 0 : page[^1].Id;
        return removed;
    }

    private async ValueTask<(Queue<StoreSummary> Page, string? End)> ReadPageAsync(Shard shard, string after, CancellationToken cancellationToken)
    {
        using var lease = await shard.Readers.RentAsync(cancellationToken);
        var tenants = lease.Reader.ListTenants(after, ListPage);
        var page = new Queue<StoreSummary>(tenants.Count);
        foreach (var (name, totals) in tenants)
        {
            page.Enqueue(totals.Summarize(AtSign.Parse(name), _quota.Value));
        }

        return (page, tenants.Count < ListPage ? null : tenants[^1].Name);
    }

    private static bool IsBefore(StoreSummary left, StoreSummary right) => Utf8Order.Instance.Compare(left.AtSign.Name, right.AtSign.Name) < 0;
}
