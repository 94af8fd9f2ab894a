using System.Net;
using AtSync.Client;
using AtSync.Client.Onboarding;
using AtSync.Crypto;
using AtSync.Directory;
using AtSync.Protocol;
using AtSync.Server;
using AtSync.Storage.Server;
using AtSync.Transport;
using AtSync.Transport.Kestrel;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.AotCheck;

/// <summary>Everything together: an atDirectory and an atServer on disk, an activation, a write on one device that reaches another.</summary>
internal static class SyncChecks
{
    public static async Task RunAsync(string folder)
    {
        var alice = AtSign.Parse("@alice");
        var authority = LocalAuthority.Open(Path.Combine(folder, "tls"), TimeProvider.System);
        authority.EnsureServerCertificate();
        var certificates = new CertificateFiles(authority.Server);
        var network = new TlsNetwork(new TlsNetworkOptions { AuthorityFiles = [authority.AuthorityFile], TrustSystemAuthorities = false });

        await using var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = Path.Combine(folder, "server"), Shards = 1 }, SystemRandomSource.Instance);
        await using var host = new AtServerHost(new AtServerOptions
        {
            Storage = engine,
            TimeProvider = TimeProvider.System,
            Random = SystemRandomSource.Instance,
            LoggerFactory = NullLoggerFactory.Instance,
        });
        await host.AddAsync(alice, "a secret", CancellationToken.None);
        await using var serverListener = await ListenAsync(certificates, host.HandleAsync);
        var serverPort = await serverListener.AddPortAsync(IPAddress.Loopback, 0, CancellationToken.None);
        host.MapPort(serverPort, alice);

        await using var addresses = SqliteAddressBook.Open(Path.Combine(folder, "directory.db"));
        await addresses.SetAsync(alice, $"localhost:{serverPort}", CancellationToken.None);
        var directory = new AtDirectory(new AtDirectoryOptions { Addresses = addresses, TimeProvider = TimeProvider.System, LoggerFactory = NullLoggerFactory.Instance });
        await using var directoryListener = await ListenAsync(certificates, directory.HandleAsync);
        var directoryPort = await directoryListener.AddPortAsync(IPAddress.Loopback, 0, CancellationToken.None);

        var keys = await Activation.ActivateAsync(new ActivationOptions
        {
            AtSign = alice,
            Secret = "a secret",
            KeyFile = Path.Combine(folder, "@alice_key.atKeys"),
            Directory = new HostPort("localhost", directoryPort),
            Network = network,
        });
        Check.That(keys.EnrollmentId is not null, "the activation enrolled this device");

        AtClientOptions Device(string name) => new()
        {
            AtSign = alice,
            Keys = keys,
            StoreDirectory = Path.Combine(folder, name),
            Directory = new HostPort("localhost", directoryPort),
            Network = network,
            DeviceName = name,
        };
        await using var first = await AtClient.OpenAsync(Device("first"));
        await first.PutAsync("note.app", "seen on both");
        var pushed = await first.SyncAsync();
        Check.That(pushed.InSync && pushed.Pushed > 0, "the first device pushes");

        await using var second = await AtClient.OpenAsync(Device("second"));
        await second.SyncAsync();
        Check.That((await second.GetAsync("note.app"))?.Text == "seen on both", "the second device reads it");
    }

    private static Task<KestrelListener> ListenAsync(ICertificateSource certificates, ConnectionHandler handler) => KestrelListener.StartAsync(
        new KestrelListenerOptions { CertificateSource = certificates, ConnectionHandler = handler },
        CancellationToken.None);
}
