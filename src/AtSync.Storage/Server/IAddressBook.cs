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

    /// <summary>All entries in ordinal order.</summary>
    IAsyncEnumerable<(AtSign AtSign, string Address)> ListAsync(CancellationToken cancellationToken);
}
