using AtSync.Protocol;
using AtSync.Storage.Local.Core;

namespace AtSync.Storage.Local;

/// <summary>What every local store shares: each call is one transaction over its tables, and the rules are the same.</summary>
public abstract class TransactionalLocalStore : ILocalStore
{
    private int _watchers;

    private protected TransactionalLocalStore()
    {
    }

    /// <inheritdoc/>
    public abstract AtSign Owner { get; }

    /// <inheritdoc/>
    public abstract string DeviceId { get; }

    private protected abstract TimeProvider Time { get; }

    internal long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    internal abstract ValueTask<T> ReadAsync<T>(Func<LocalCore, T> work, CancellationToken cancellationToken);

    /// <summary>One write transaction. With <see cref="Durability.Fsynced"/> it may be shared with other callers'.</summary>
    internal abstract ValueTask<T> WriteAsync<T>(Func<LocalCore, T> work, Durability durability, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public ValueTask<LocalRecord?> GetAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return ReadAsync(core => core.Get(key), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<LocalRecord?[]> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return ReadAsync(
            core =>
            {
                var records = new LocalRecord?[keys.Count];
                for (var i = 0; i < records.Length; i++)
                {
                    records[i] = core.Get(keys[i]);
                }

                return records;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LocalRecord>> ScanAsync(
        string prefix, string afterKey, int limit, bool withValues, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(afterKey);
        return await ReadAsync(core => core.Scan(prefix, afterKey, limit, withValues), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<LocalCounts> CountAsync(CancellationToken cancellationToken) =>
        ReadAsync(core => core.Tables.State.ToCounts(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long[]> WriteAsync(IReadOnlyList<LocalChange> changes, CancellationToken cancellationToken)
    {
        LocalWrites.Check(changes);
        return changes.Count == 0 ? new ValueTask<long[]>([]) : WriteAsync(core => core.Write(changes), Durability.Fsynced, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> RemoveExpiredAsync(long nowMs, int limit, CancellationToken cancellationToken) =>
        await WriteAsync(core => core.RemoveExpired(nowMs, limit), Durability.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<OutboxItem>> ReadOutboxAsync(
        long afterSeq, long nowMs, int countMax, long bytesMax, CancellationToken cancellationToken) =>
        await ReadAsync(core => core.ReadOutbox(afterSeq, nowMs, countMax, bytesMax), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask SettleAsync(IReadOnlyList<PushOutcome> outcomes, CursorMove? newCursor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        await WriteAsync(
            core =>
            {
                core.Settle(outcomes, newCursor);
                return true;
            },
            Durability.Repeatable,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<OutboxItem>> ListRefusedAsync(int limit, CancellationToken cancellationToken) =>
        await ReadAsync(core => core.ListRefused(limit), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> RetryRefusedAsync(string? key, CancellationToken cancellationToken) =>
        WriteAsync(core => core.RetryRefused(key), Durability.Fsynced, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PageOutcome> ApplyPageAsync(PulledPage page, IReconciler reconciler, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(reconciler);
        return WriteAsync(core => new PageApply(core, page, reconciler).Run(), Durability.Repeatable, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<long?> GetCursorAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return ReadAsync(core => core.Tables.GetCursor(name), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<QuarantinedEntry>> ListQuarantineAsync(int limit, CancellationToken cancellationToken) =>
        await ReadAsync(core => limit <= 0 ? [] : core.Tables.ListQuarantine(limit), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> RemoveQuarantineAsync(long id, CancellationToken cancellationToken) =>
        WriteAsync(core => core.RemoveQuarantine(id), Durability.Fsynced, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ConflictRecord>> ListConflictsAsync(long beforeId, int limit, CancellationToken cancellationToken) =>
        await ReadAsync(core => limit <= 0 ? [] : core.Tables.ListConflicts(beforeId, limit), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ConflictRecord?> GetConflictAsync(long id, CancellationToken cancellationToken) => ReadAsync(
        core => id == long.MaxValue ? null : core.Tables.ListConflicts(id + 1, 1).Find(c => c.Id == id), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> ResolveConflictAsync(long id, IReadOnlyList<LocalChange> changes, CancellationToken cancellationToken)
    {
        LocalWrites.Check(changes);
        return WriteAsync(
            core =>
            {
                if (!core.RemoveConflict(id))
                {
                    return false;
                }

                core.Write(changes);
                return true;
            },
            Durability.Fsynced,
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<string?> GetPropertyAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return ReadAsync(core => core.Tables.GetProperty(name), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask SetPropertiesAsync(IReadOnlyList<KeyValuePair<string, string?>> properties, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(properties);
        await WriteAsync(
            core =>
            {
                core.SetProperties(properties);
                return true;
            },
            Durability.Fsynced,
            cancellationToken);
    }

    /// <inheritdoc/>
    public virtual async ValueTask BeginResyncAsync(
        IReadOnlyList<KeyValuePair<string, string?>> properties, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(properties);
        await WriteAsync(
            core =>
            {
                core.BeginResync(properties);
                return true;
            },
            Durability.Fsynced,
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> EndResyncAsync(SharedHistory? shared, CancellationToken cancellationToken)
    {
        var nowMs = Time.GetUtcNow().ToUnixTimeMilliseconds();
        return await WriteAsync(core => core.EndResync(shared, nowMs), Durability.Fsynced, cancellationToken);
    }

    /// <inheritdoc/>
    public abstract IAsyncDisposable? TryTakeSyncLock();

    /// <inheritdoc/>
    public abstract void Signal();

    /// <inheritdoc/>
    public abstract Task WaitForSignalAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public LocalWatch Watch()
    {
        // First the mark, then the position: whatever is written from here on is noted above it.
        Interlocked.Increment(ref _watchers);
        try
        {
            return new LocalWatch(this, ReadAsync(core => core.Tables.State.ChangeSeq, CancellationToken.None).AsTask().GetAwaiter().GetResult());
        }
        catch
        {
            EndWatch();
            throw;
        }
    }

    internal void EndWatch() => Interlocked.Decrement(ref _watchers);

    /// <summary>Whether a write transaction has to note its changes.</summary>
    private protected bool IsWatched(in StoreState state) => Volatile.Read(ref _watchers) > 0 || state.WatchUntilMs > NowMs;

    /// <inheritdoc/>
    public abstract ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>What a power cut may do to a transaction that has returned.</summary>
internal enum Durability : byte
{
    /// <summary>Nothing: it is on the disk.</summary>
    Fsynced,

    /// <summary>It may be undone, as a whole and together with all later ones: what it did is pulled or pushed again.</summary>
    Repeatable,
}
