using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.App.Hosting;

/// <summary>
/// How connections find an atSign of this server: gives each its address, and opens what has to be open for it. Calls for one atSign do not
/// overlap; those for several may.
/// </summary>
internal interface IPlaces : IDisposable
{
    /// <summary>Opens the way to what is hosted already. Once, before everything else.</summary>
    ValueTask StartAsync(IAsyncEnumerable<AtSign> hosted, CancellationToken cancellationToken);

    /// <summary>The address under which the atSign is, or last was, to be found here; null when it never was.</summary>
    HostPort? Find(AtSign atSign);

    /// <summary>Opens the way to a new atSign. Nobody is told yet: <see cref="KeepAsync"/> or <see cref="CloseAsync"/> follows.</summary>
    /// <exception cref="NetworkException">Its port can't be listened on.</exception>
    /// <exception cref="ArgumentException">It can't have a place here; the message says why.</exception>
    ValueTask<HostPort> OpenAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>The atSign is in the store: connections find it, also after a restart. Durable on return.</summary>
    ValueTask KeepAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>Closes the way; connections that came by it live on. <paramref name="forget"/> gives up the address, too.</summary>
    ValueTask CloseAsync(AtSign atSign, bool forget, CancellationToken cancellationToken);
}
