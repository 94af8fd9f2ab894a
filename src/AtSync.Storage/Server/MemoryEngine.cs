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
            var store = new MemoryKeyStore(atSign, random.NewHexId());
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
        MemoryKeyStore[] stores;
        lock (_gate)
        {
            stores = [.. _stores.Values];
        }

        foreach (var store in stores)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new StoreSummary(store.Owner, store.RecordCount, store.ByteCount, store.LastCommitId);
        }

        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([]);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
