using System.Net;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Server;
using AtSync.Storage.Server;
using AtSync.Transport;
using AtSync.Transport.Kestrel;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.EndToEnd.Tests;

/// <summary>An atServer in this process with @alice on it: real TLS on loopback, real files.</summary>
public abstract class OverTls : IAsyncLifetime
{
    private protected static readonly AtSign Alice = AtSign.Parse("@alice");

    /// <summary>Made once: every fresh atSign would make its own.</summary>
    private static readonly string SigningKey = NewKey();

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("atsync-tls-").FullName;
    private protected LocalAuthority Authority { get; private set; } = null!;
    private protected SqliteEngine Engine { get; private set; } = null!;
    private protected AtServerHost Host { get; private set; } = null!;
    private protected KestrelListener Listener { get; private set; } = null!;
    private protected int Port { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Authority = LocalAuthority.Open(Path.Combine(_folder, "ca"), TimeProvider.System);
        Authority.EnsureServerCertificate("localhost");
        await StartAsync();
        Assert.True(await Host.AddAsync(Alice, "secret", Token));
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await StopAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private protected async Task StartAsync()
    {
        Engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = Path.Combine(_folder, "store") }, SystemRandomSource.Instance);
        Host = new AtServerHost(new AtServerOptions
        {
            Storage = Engine,
            TimeProvider = TimeProvider.System,
            Random = SystemRandomSource.Instance,
            LoggerFactory = NullLoggerFactory.Instance,
            NewSigningKey = () => new RsaPrivateKey(SigningKey),
        });
        Listener = await KestrelListener.StartAsync(
            new KestrelListenerOptions { CertificateSource = new CertificateFiles([Authority.Server]), ConnectionHandler = Host.HandleAsync }, Token);
        Port = await Listener.AddPortAsync(IPAddress.Loopback, 0, Token);
        Host.MapPort(Port, Alice);
    }

    private protected async Task StopAsync()
    {
        await Listener.DisposeAsync();
        await Host.DisposeAsync();
        await Engine.DisposeAsync();
    }

    private protected async Task<TlsClient> ConnectOwnerAsync()
    {
        var client = await ConnectAsync();
        Assert.Equal("@", await client.ReadRecordAsync());
        var challenge = (await client.AskAsync("from:@alice"))[5..^2];
        Assert.Equal("data:success\n@alice@", await client.AskAsync($"cram:{CramDigest.Compute("secret", challenge)}"));
        return client;
    }

    private static string NewKey()
    {
        using var key = RsaPrivateKey.Generate();
        return key.Pkcs8Base64;
    }

    private protected Task<TlsClient> ConnectAsync() => TlsClient.ConnectAsync(Port, Authority.AuthorityFile);
}
