using System.Text.Json;
using AtSync.App.Administration;
using AtSync.App.Configuration;
using AtSync.Directory.Administration;
using AtSync.Server;
using AtSync.Server.Peers;
using AtSync.Storage.Server;
using AtSync.Transport;
using AtSync.Transport.Kestrel;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting.Serving;

/// <summary><c>atsync server</c>: an atServer from its configuration.</summary>
internal sealed class ServerServing : IServing<ServerSettings>
{
    private readonly StartedParts _parts = new();
    private readonly DataFolder _folder;
    private readonly ServerSettings _settings;
    private ServedCertificates? _certificates;
    private ServerProgram? _program;
    private volatile bool _isDraining;

    private ServerServing(ServerSettings settings, DataFolder folder)
    {
        _settings = settings;
        _folder = folder;
    }

    public ServerProgram Program => _program!;

    /// <exception cref="Storage.StoreException">The data folder is held by another process, damaged or newer.</exception>
    /// <exception cref="NetworkException">A port is in use.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate can't be used.</exception>
    public static async Task<ServerServing> StartAsync(
        ServerSettings settings, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var serving = new ServerServing(settings, DataFolder.Open(settings.Data));
        try
        {
            await serving.StartPartsAsync(timeProvider, loggerFactory, cancellationToken);
            return serving;
        }
        catch
        {
            await serving.DisposeAsync();
            throw;
        }
    }

    public void WriteReady(Utf8JsonWriter writer)
    {
        writer.WriteString("data"u8, _folder.Path);
        writer.WriteString("mode"u8, _settings.Listen.Mode == PlaceMode.Sni ? "sni"u8 : "port-per-atSign"u8);
        if (_settings.Listen.Mode == PlaceMode.Sni)
        {
            writer.WriteString("domain"u8, _settings.Listen.Domain);
            writer.WriteNumber("port"u8, Program.Listener.EndPoints[0].Port);
        }

        writer.WriteString("ca"u8, _certificates?.AuthorityFile);
        writer.WriteString("adminSocket"u8, _folder.AdminSocket);
    }

    public IEnumerable<string> FilesOf(ServerSettings settings) => settings.Tls.Certificates.SelectMany(each => new[] { each.Chain, each.Key });

    public void Use(ServerSettings settings)
    {
        _certificates!.Use(settings.Tls);
        Program.Server.Limits = settings.Limits;
        Program.Listener.UseLimits(settings.Connections.Max, settings.Connections.MaxPerAddress, settings.Connections.WriteTimeout);
    }

    public async ValueTask<string?> WhyNotReadyAsync(CancellationToken cancellationToken)
    {
        if (_isDraining)
        {
            return "draining";
        }

        if (_settings.Listen.Mode == PlaceMode.Sni && Program.Listener.EndPoints.Count == 0)
        {
            return "not listening";
        }

        await Program.Storage.ProbeAsync(cancellationToken);
        return null;
    }

    public Task DrainAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        return Program.DrainAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _parts.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartPartsAsync(TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var listen = _settings.Listen;
        var addresses = ListenAddresses.Of(listen.Addresses);
        _certificates = new ServedCertificates(
            _settings.Tls,
            _folder.AuthorityFolder,
            listen.Mode == PlaceMode.Sni ? [listen.Domain, $"*.{listen.Domain}"] : [listen.Host],
            timeProvider);
        var registry = _settings.Directory.AdminSocket.Length > 0 ? _parts.Add(new SocketAddressBook(_settings.Directory.AdminSocket)) : null;
        IReadOnlyList<string> trusted = _certificates.AuthorityFile is { } own ? [.. _settings.Tls.TrustedAuthorities, own] : _settings.Tls.TrustedAuthorities;
        _program = _parts.Add(await ServerProgram.StartAsync(
            new ServerSetup(
                new SqliteEngineOptions
                {
                    Folder = _folder.ServerFolder,
                    Shards = _settings.Storage.Shards,
                    ReadersPerShard = _settings.Storage.ReadersPerShard,
                    WriterCacheKib = _settings.Storage.WriterCacheKib,
                    ReaderCacheKib = _settings.Storage.ReaderCacheKib,
                    PagesPerShardMax = _settings.Storage.PagesPerShardMax,
                },
                storage => new AtServerOptions
                {
                    Storage = storage,
                    TimeProvider = timeProvider,
                    Random = Crypto.SystemRandomSource.Instance,
                    LoggerFactory = loggerFactory,
                    Limits = _settings.Limits,
                    AutoNotify = _settings.AutoNotify,
                    Peers = PeersOf(_settings, _certificates, trusted, timeProvider),
                },
                handler => ListenerOptions.Of(_settings.Connections, _certificates, handler, timeProvider, loggerFactory) with
                {
                    PeerAuthorityFiles = _settings.Peers.MutualTls == MutualTls.Off ? [] : trusted,
                    TrustSystemAuthoritiesForPeers = _settings.Peers.MutualTls != MutualTls.Off && _settings.Tls.TrustSystemAuthorities,
                },
                PlacesAsync,
                registry,
                timeProvider,
                loggerFactory),
            cancellationToken));
        AdminSocket.Start(_program, _folder, loggerFactory);

        async ValueTask<IPlaces> PlacesAsync(KestrelListener listener, AtServerHost server, CancellationToken stop)
        {
            if (listen.Mode == PlaceMode.PortPerAtSign)
            {
                return new PortPlaces(listener, server, _folder, addresses, listen.Host, listen.FirstPort);
            }

            var port = listen.Port;
            foreach (var address in addresses)
            {
                port = await listener.AddPortAsync(address, port, stop);
            }

            return new NamePlaces(listen.Domain, listen.PublicPort > 0 ? listen.PublicPort : port);
        }
    }

    private static PeerOptions PeersOf(ServerSettings settings, ICertificateSource certificates, IReadOnlyList<string> trusted, TimeProvider timeProvider) => new()
    {
        Network = new TlsNetwork(new TlsNetworkOptions
        {
            AuthorityFiles = trusted,
            TrustSystemAuthorities = settings.Tls.TrustSystemAuthorities,
            ConnectTimeout = settings.Peers.ConnectTimeout,
            ClientCertificate = certificates,
            TimeProvider = timeProvider,
        }),
        Directory = HostPort.TryParse(settings.Directory.Address, out var directory)
            ? directory
            : throw new ArgumentException($"'{settings.Directory.Address}' is not host:port.", nameof(settings)),
        RequireCertificate = settings.Peers.MutualTls == MutualTls.Require,
        AnswerTimeout = settings.Peers.AnswerTimeout,
        IdleLife = settings.Peers.IdleLife,
        RetryMin = settings.Peers.RetryMin,
        RetryMax = settings.Peers.RetryMax,
        RefusalsMax = settings.Peers.RefusalsMax,
        AnswerBytesMax = settings.Peers.AnswerBytesMax,
    };
}
