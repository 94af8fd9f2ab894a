using AtSync.Protocol;
using AtSync.Storage.Local.Core;

namespace AtSync.Storage.Local;

/// <summary>A local store in memory: inline, deterministic, for tests and simulation. Same rules as the durable one; nothing survives the process.</summary>
public sealed class MemoryLocalStore : TransactionalLocalStore
{
    private readonly MemoryLocalFile _file;
    private readonly LocalCore _core;
    private readonly LocalStoreLimits _limits;
    private readonly SignalGate _gate = new();
    private bool _isDisposed;

    /// <summary>Opens <paramref name="file"/>.</summary>
    public MemoryLocalStore(MemoryLocalFile file, TimeProvider timeProvider, LocalStoreLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(timeProvider);
        (_file, Time, _limits) = (file, timeProvider, limits ?? new LocalStoreLimits());
        _core = new LocalCore(file.Tables, _limits);
        lock (file.Sync)
        {
            file.Open.Add(_gate);
        }
    }

    /// <summary>An empty store of its own.</summary>
    public MemoryLocalStore(AtSign owner, IRandomSource random, TimeProvider timeProvider)
        : this(new MemoryLocalFile(owner, random), timeProvider)
    {
    }

    /// <inheritdoc/>
    public override AtSign Owner => _file.Owner;

    /// <inheritdoc/>
    public override string DeviceId => _file.DeviceId;

    private protected override TimeProvider Time { get; }

    /// <inheritdoc/>
    public override IAsyncDisposable? TryTakeSyncLock()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        lock (_file.Sync)
        {
            if (_file.SyncLockHolder is not null)
            {
                return null;
            }

            _file.SyncLockHolder = this;
            return new Held(this);
        }
    }

    /// <inheritdoc/>
    public override void Signal()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        SignalGate[] open;
        lock (_file.Sync)
        {
            open = [.. _file.Open];
        }

        foreach (var gate in open)
        {
            gate.Set();
        }
    }

    /// <inheritdoc/>
    public override Task WaitForSignalAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _gate.WaitAsync(_limits.SignalPoll, Time, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<string>>(_ => _file.Tables.Check(), cancellationToken);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Release();
            lock (_file.Sync)
            {
                _file.Open.Remove(_gate);
            }
        }

        return default;
    }

    internal override ValueTask<T> ReadAsync<T>(Func<LocalCore, T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        lock (_file.Sync)
        {
            _core.Begin();
            return new ValueTask<T>(work(_core));
        }
    }

    internal override ValueTask<T> WriteAsync<T>(Func<LocalCore, T> work, Durability durability, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        T result;
        bool isNoted;
        lock (_file.Sync)
        {
            _file.Tables.Begin();
            _core.Begin();
            _core.NotesChanges = IsWatched(_file.Tables.State);
            var noted = _file.Tables.State.ChangeSeq;
            try
            {
                result = work(_core);
                _file.Tables.Commit();
                isNoted = _file.Tables.State.ChangeSeq != noted;
            }
            catch (Exception e)
            {
                // Whatever it was, all or none; the caller hears of it.
                _file.Tables.Rollback();
                return ValueTask.FromException<T>(e);
            }
        }

        if (isNoted)
        {
            Signal();
        }

        return new ValueTask<T>(result);
    }

    private void Release()
    {
        lock (_file.Sync)
        {
            if (_file.SyncLockHolder == this)
            {
                _file.SyncLockHolder = null;
            }
        }
    }

    private sealed class Held(MemoryLocalStore store) : IAsyncDisposable
    {
        private bool _isReleased;

        public ValueTask DisposeAsync()
        {
            if (!_isReleased)
            {
                _isReleased = true;
                store.Release();
            }

            return default;
        }
    }
}
