using System.Runtime.CompilerServices;
using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>An address book in memory, for tests and simulation.</summary>
public sealed class MemoryAddressBook : IAddressBook
{
    // Guards the map.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, (AtSign AtSign, string Address)> _entries = new(Utf8Order.Instance);

    /// <inheritdoc/>
    public ValueTask<string?> FindAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_entries.TryGetValue(atSign.Name, out var entry) ? entry.Address : null);
        }
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(AtSign atSign, string address, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(atSign.Name, nameof(atSign));
        ArgumentException.ThrowIfNullOrWhiteSpace(address);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            _entries[atSign.Name] = (atSign, address);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(_entries.Remove(atSign.Name));
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(AtSign AtSign, string Address)> ListAsync(string after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (AtSign, string)[] entries;
        lock (_gate)
        {
            entries = [.. _entries.Where(entry => Utf8Order.Instance.Compare(entry.Key, after) > 0).Select(entry => entry.Value)];
        }

        foreach (var entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }

        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
