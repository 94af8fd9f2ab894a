using AtSync.Server;
using AtSync.Storage.Server;
using AtSync.Transport;
using AtSync.Transport.Kestrel;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting;

/// <summary>What a <see cref="ServerProgram"/> is composed of.</summary>
/// <param name="Storage">Files; the folder is the data folder's.</param>
/// <param name="Server">Options of the atServer over its storage.</param>
/// <param name="Listener">Options of the listener for a handler.</param>
/// <param name="PlacesAsync">How connections find an atSign; ports that all of them share are opened here.</param>
/// <param name="Registry">The atDirectory's addresses, disposed by the caller; null when they are kept by somebody else.</param>
/// <param name="TimeProvider">The clock.</param>
/// <param name="LoggerFactory">Logs.</param>
internal sealed record ServerSetup(
    SqliteEngineOptions Storage,
    Func<IStorageEngine, AtServerOptions> Server,
    Func<ConnectionHandler, KestrelListenerOptions> Listener,
    Func<KestrelListener, AtServerHost, CancellationToken, ValueTask<IPlaces>> PlacesAsync,
    IAddressBook? Registry,
    TimeProvider TimeProvider,
    ILoggerFactory LoggerFactory);
