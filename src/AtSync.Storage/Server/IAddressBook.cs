using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>What an atDirectory holds: where each atSign's atServer is. May be called concurrently.</summary>
public interface IAddressBook : IAsyncDisposable
{
    /// <summary><c>host:port</c>, or null when unknown.</summary>
    ValueTask<string?> FindAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>Adds or replaces. Durable on return.</summary>
    ValueTask SetAsync(AtSign atSign, string address, CancellationToken cancellationToken);

    /// <summary>False when it was not there. Durable on return.</summary>
    ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>Entries in the order of their names (<see cref="Utf8Order"/>).</summary>
    /// <param name="after">Begins behind this name, without <c>@</c>; empty begins at the first.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    IAsyncEnumerable<(AtSign AtSign, string Address)> ListAsync(string after, CancellationToken cancellationToken);

    /// <summary>Writes and waits until it is on disk: returns when changes can be made now. Nothing to do in memory.</summary>
    /// <exception cref="StoreException">The file can't be written; the message says why.</exception>
    ValueTask ProbeAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
