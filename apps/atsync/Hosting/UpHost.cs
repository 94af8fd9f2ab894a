using System.Net;
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
/// An atDirectory and an atServer in this process, on loopback, with an authority of their own: composition only. Everything that was told to
/// clients (authority, ports, secrets) is on disk before the ready line, so that a restart, also after kill -9, tells the same.
/// </summary>
internal sealed class UpHost : IAsyncDisposable
{
    private static readonly IPAddress Loopback = IPAddress.Loopback;

    // In the order they were started; disposed backwards.
    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly DataFolder _folder;
    private AtServerHost? _server;
    private KestrelListener? _directoryListener;
    private KestrelListener? _serverListener;

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
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        // Sessions first: they answer what they are at and close; listeners then find nothing to abort.
        await Task.WhenAll(
            _server?.DrainAsync(cancellationToken) ?? Task.CompletedTask,
            _serverListener?.DrainAsync(cancellationToken) ?? Task.CompletedTask,
            _directoryListener?.DrainAsync(cancellationToken) ?? Task.CompletedTask);
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task<ReadyLine> StartPartsAsync(
        UpOptions options, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var authority = LocalAuthority.Open(_folder.AuthorityFolder, timeProvider);
        authority.EnsureServerCertificate();
        var certificates = new CertificateFiles(authority.Server);

        var storage = Add<IStorageEngine>(SqliteEngine.Open(
            new SqliteEngineOptions { Folder = _folder.ServerFolder }, Crypto.SystemRandomSource.Instance, loggerFactory.CreateLogger<SqliteEngine>()));
        var addresses = Add<IAddressBook>(SqliteAddressBook.Open(_folder.AddressFile));
        var directory = new AtDirectory(new AtDirectoryOptions { Addresses = addresses, TimeProvider = timeProvider, LoggerFactory = loggerFactory });
        _directoryListener = await ListenAsync(directory.HandleAsync);
        var directoryPort = await _directoryListener.AddPortAsync(Loopback, DirectoryPortOf(options), cancellationToken);

        var server = Add(new AtServerHost(new AtServerOptions
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
                Directory = new HostPort("localhost", directoryPort),
            },
        }));
        _server = server;
        _serverListener = await ListenAsync(server.HandleAsync);
        var ports = await AddAtSignPortsAsync(options, storage, cancellationToken);
        _folder.SavePorts(directoryPort, ports);

        var ready = new List<ReadyAtSign>();
        foreach (var (atSign, port) in ports)
        {
            ready.Add(await HostAsync(server, addresses, atSign, port, cancellationToken));
        }

        // What was owed to other atSigns when the process ended is taken up again.
        await server.ResumeAsync(cancellationToken);
        return new ReadyLine($"localhost:{directoryPort}", authority.AuthorityFile, ready);

        async Task<KestrelListener> ListenAsync(ConnectionHandler handler) => Add(await KestrelListener.StartAsync(
            new KestrelListenerOptions
            {
                CertificateSource = certificates,
                ConnectionHandler = handler,
                LoggerFactory = loggerFactory,
                TimeProvider = timeProvider,
            },
            cancellationToken));
    }

    private int DirectoryPortOf(UpOptions options) => options.DirectoryPort switch
    {
        > 0 and var asked => asked,
        0 => _folder.DirectoryPort ?? 0,
        _ => _folder.DirectoryPort ?? UpOptions.DirectoryPortDefault,
    };

    /// <summary>Opens the port of every atSign that is asked for, remembered, or hosted.</summary>
    private async Task<SortedDictionary<AtSign, int>> AddAtSignPortsAsync(UpOptions options, IStorageEngine storage, CancellationToken cancellationToken)
    {
        var wanted = new SortedSet<AtSign>([.. options.AtSigns, .. _folder.Ports.Keys]);
        await foreach (var hosted in storage.ListAsync(cancellationToken))
        {
            wanted.Add(hosted.AtSign);
        }

        var ports = new SortedDictionary<AtSign, int>();
        var next = options.FirstPort;
        var taken = _folder.Ports.Values.ToHashSet();
        foreach (var atSign in wanted)
        {
            if (!_folder.Ports.TryGetValue(atSign, out var port))
            {
                while (next > 0 && taken.Contains(next))
                {
                    next++;
                }

                port = next > 0 ? next++ : 0;
            }

            ports[atSign] = await _serverListener!.AddPortAsync(Loopback, port, cancellationToken);
        }

        return ports;
    }

    private static async Task<ReadyAtSign> HostAsync(
        AtServerHost server, IAddressBook addresses, AtSign atSign, int port, CancellationToken cancellationToken)
    {
        await server.AddAsync(atSign, CramSecret.Make(), cancellationToken);
        server.MapPort(port, atSign);
        var address = $"localhost:{port}";
        if (await addresses.FindAsync(atSign, cancellationToken) != address)
        {
            await addresses.SetAsync(atSign, address, cancellationToken);
        }

        var state = await server.DescribeAsync(atSign, cancellationToken)
            ?? throw new InvalidOperationException($"{atSign} was added and is not hosted.");
        return new ReadyAtSign(atSign, address, state.Secret, state.IsActivated);
    }

    private T Add<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Push(part);
        return part;
    }
}
