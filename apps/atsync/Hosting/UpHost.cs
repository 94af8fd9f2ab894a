using System.Net;
using AtSync.App.Administration;
using AtSync.Directory;
using AtSync.Protocol;
using AtSync.Server;
using AtSync.Server.Peers;
using AtSync.Storage.Server;
using AtSync.Transport;
using AtSync.Transport.Kestrel;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting;

/// <summary>
/// An atDirectory and an atServer in this process, on loopback, with an authority of their own. Everything that was told to clients (authority,
/// ports, secrets) is on disk before the ready line, so that a restart, also after kill -9, tells the same.
/// </summary>
internal sealed class UpHost : IAsyncDisposable
{
    private const string HostName = "localhost";
    private static readonly IPAddress[] _loopback = [IPAddress.Loopback];

    private readonly StartedParts _parts = new();
    private readonly DataFolder _folder;
    private DirectoryProgram? _directory;
    private ServerProgram? _server;

    private UpHost(DataFolder folder) => _folder = folder;

    /// <summary>Starts, and listens on every port.</summary>
    /// <exception cref="Storage.StoreException">The data folder is held by another process, damaged or newer.</exception>
    /// <exception cref="NetworkException">A port is in use.</exception>
    public static async Task<(UpHost Host, ReadyLine Ready)> StartAsync(
        UpOptions options, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var host = new UpHost(DataFolder.Open(options.Data));
        try
        {
            return (host, await host.StartPartsAsync(options, timeProvider, loggerFactory, cancellationToken));
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops listening, lets sessions end politely until the token fires, then cuts the rest.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => Task.WhenAll(
        _server?.DrainAsync(cancellationToken) ?? Task.CompletedTask,
        _directory?.DrainAsync(cancellationToken) ?? Task.CompletedTask);

    public async ValueTask DisposeAsync()
    {
        await _parts.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<ReadyLine> StartPartsAsync(
        UpOptions options, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var authority = LocalAuthority.Open(_folder.AuthorityFolder, timeProvider);
        authority.EnsureServerCertificate();
        var certificates = new CertificateFiles(authority.Server);

        _directory = _parts.Add(await DirectoryProgram.StartAsync(
            _folder.AddressFile,
            addresses => new AtDirectoryOptions { Addresses = addresses, TimeProvider = timeProvider, LoggerFactory = loggerFactory },
            Listening,
            _loopback,
            DirectoryPortOf(options),
            cancellationToken));
        _folder.SaveDirectoryPort(_directory.Port);

        _server = _parts.Add(await ServerProgram.StartAsync(
            new ServerSetup(
                new SqliteEngineOptions { Folder = _folder.ServerFolder },
                storage => Serving(storage, _directory.Port),
                Listening,
                (listener, server, _) => ValueTask.FromResult<IPlaces>(
                    new PortPlaces(listener, server, _folder, _loopback, HostName, options.FirstPort)),
                _directory.Addresses,
                timeProvider,
                loggerFactory),
            cancellationToken));
        AdminSocket.Start(_server, _folder, loggerFactory);
        return new ReadyLine(
            $"{HostName}:{_directory.Port}", authority.AuthorityFile, await HostAsync(_server, options.AtSigns, cancellationToken));

        KestrelListenerOptions Listening(ConnectionHandler handler) => new()
        {
            CertificateSource = certificates,
            ConnectionHandler = handler,
            LoggerFactory = loggerFactory,
            TimeProvider = timeProvider,
        };

        AtServerOptions Serving(IStorageEngine storage, int directoryPort) => new()
        {
            Storage = storage,
            TimeProvider = timeProvider,
            Random = Crypto.SystemRandomSource.Instance,
            LoggerFactory = loggerFactory,
            Peers = new PeerOptions
            {
                // The atSigns here talk to each other as they would to those of another machine: found through the atDirectory, over TLS.
                Network = new TlsNetwork(new TlsNetworkOptions
                {
                    AuthorityFiles = [authority.AuthorityFile],
                    TrustSystemAuthorities = false,
                    ClientCertificate = certificates,
                    TimeProvider = timeProvider,
                }),
                Directory = new HostPort(HostName, directoryPort),
            },
        };
    }

    private int DirectoryPortOf(UpOptions options) => options.DirectoryPort switch
    {
        > 0 and var asked => asked,
        0 => _folder.DirectoryPort ?? 0,
        _ => _folder.DirectoryPort ?? UpOptions.DirectoryPortDefault,
    };

    /// <summary>Hosts what is asked for, and completes what a crash left half hosted; tells of all of it.</summary>
    private static async Task<IReadOnlyList<ReadyAtSign>> HostAsync(
        ServerProgram server, IReadOnlyList<AtSign> asked, CancellationToken cancellationToken)
    {
        var wanted = new SortedSet<AtSign>(asked);
        await foreach (var hosted in server.Storage.ListAsync(cancellationToken))
        {
            wanted.Add(hosted.AtSign);
        }

        var ready = new List<ReadyAtSign>();
        foreach (var atSign in wanted)
        {
            ready.Add((await server.HostAsync(atSign, cancellationToken)).AtSign);
        }

        return ready;
    }
}
