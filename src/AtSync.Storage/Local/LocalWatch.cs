using AtSync.Storage.Local.Core;

namespace AtSync.Storage.Local;

/// <summary>
/// Reads the changes of a store's records, whichever process made them, in the order they became durable. The changes are noted in the store while
/// somebody watches, so a slow reader costs no memory; one that is further behind than the store keeps (<see cref="LocalStoreLimits.ChangesMax"/>)
/// is told so.
/// </summary>
/// <remarks>
/// Processes learn that somebody watches from a lease in the store, which <see cref="RenewAsync"/> takes and prolongs: first before the first
/// <see cref="ReadAsync"/>, then at least every <see cref="RenewInterval"/>. Writes of this process are noted from the begin of the watch, those of
/// others from the first lease. For one reader at a time.
/// </remarks>
public sealed class LocalWatch : IDisposable
{
    /// <summary>How often to renew.</summary>
    public static readonly TimeSpan RenewInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long others note changes for a watcher that no longer renews.</summary>
    private static readonly TimeSpan LeaseTime = RenewInterval * 5;

    private readonly TransactionalLocalStore _store;
    private long _position;
    private long? _untilMs;
    private bool _isDisposed;

    internal LocalWatch(TransactionalLocalStore store, long position) => (_store, _position) = (store, position);

    /// <summary>Takes or prolongs the lease. False when it had run out: changes of other processes may have been missed.</summary>
    public async ValueTask<bool> RenewAsync(CancellationToken cancellationToken)
    {
        var nowMs = _store.NowMs;
        if (_untilMs is { } end && nowMs >= end)
        {
            return false;
        }

        var untilMs = nowMs + (long)LeaseTime.TotalMilliseconds;
        await _store.WriteAsync(core => core.RenewWatch(nowMs, untilMs, _position), Durability.Repeatable, cancellationToken);
        _untilMs = untilMs;
        return true;
    }

    /// <summary>The next changes, at most so many; empty when there are none yet; null when the store no longer keeps them.</summary>
    public async ValueTask<IReadOnlyList<NotedChange>?> ReadAsync(int limit, CancellationToken cancellationToken)
    {
        var (changes, last) = await _store.ReadAsync(core => (core.Tables.ReadChanges(_position, limit), core.Tables.State.ChangeSeq), cancellationToken);
        if (changes.Count == 0 ? last > _position : changes[0].Seq != _position + 1)
        {
            return null;
        }

        _position += changes.Count;
        return changes;
    }

    /// <summary>Ends the watch; the lease runs out by itself.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _store.EndWatch();
        }
    }
}

/// <summary>A change of a record, as noted for watchers.</summary>
/// <param name="Seq">Rises by one with each change of the store.</param>
/// <param name="Key">The full key.</param>
/// <param name="IsDeleted">True for a deletion, by somebody or by expiry.</param>
/// <param name="IsRemote">True when it was pulled.</param>
/// <param name="CommitId">The remote commit, or 0.</param>
public readonly record struct NotedChange(long Seq, string Key, bool IsDeleted, bool IsRemote, long CommitId);
