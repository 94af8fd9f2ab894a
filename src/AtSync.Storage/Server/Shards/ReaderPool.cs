using System.Collections.Concurrent;

namespace AtSync.Storage.Server.Shards;

/// <summary>A bounded number of readers of one shard, opened when first needed and kept.</summary>
internal sealed class ReaderPool(Func<ShardReader> open, int readersMax) : IAsyncDisposable
{
    private readonly ConcurrentBag<ShardReader> _idle = [];
    private readonly SemaphoreSlim _slots = new(readersMax, readersMax);
    private volatile bool _isClosed;

    /// <summary>A reader for one caller, returned by disposing the lease. Completes at once while one is free.</summary>
    public async ValueTask<Lease> RentAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        await _slots.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            return new Lease(this, _idle.TryTake(out var reader) ? reader : open());
        }
        catch
        {
            _slots.Release();
            throw;
        }
    }

    /// <summary>Waits for the readers in use and closes all.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        for (var i = 0; i < readersMax; i++)
        {
            await _slots.WaitAsync();
        }

        while (_idle.TryTake(out var reader))
        {
            reader.Dispose();
        }

        // Those who were still waiting for a slot are let through to find it closed.
        _slots.Release(readersMax);
    }

    private void Return(ShardReader reader)
    {
        _idle.Add(reader);
        _slots.Release();
    }

    /// <summary>The right to use a reader.</summary>
    public readonly struct Lease(ReaderPool pool, ShardReader reader) : IDisposable
    {
        /// <summary>The reader.</summary>
        public ShardReader Reader => reader;

        /// <summary>Gives it back.</summary>
        public void Dispose() => pool.Return(reader);
    }
}
