using System.Net;
using System.Security.Authentication;

namespace AtSync.Transport.Kestrel.Tests;

/// <summary>A listener on a free loopback port with a certificate of its own authority, and a network that trusts it.</summary>
internal sealed class ListenerBench : IAsyncDisposable
{
    private readonly TestFolder _folder;

    private ListenerBench(TestFolder folder, LocalAuthority authority, CertificateFiles certificates, CollectedLog log, KestrelListener listener, int port)
    {
        _folder = folder;
        Authority = authority;
        Certificates = certificates;
        Log = log;
        Listener = listener;
        Port = port;
        Network = new TlsNetwork(NetworkOptions);
    }

    public LocalAuthority Authority { get; }

    public CertificateFiles Certificates { get; }

    public CollectedLog Log { get; }

    public KestrelListener Listener { get; }

    public int Port { get; }

    public HostPort Address => new("localhost", Port);

    public TlsNetwork Network { get; }

    public string Folder => _folder.Path;

    public TlsNetworkOptions NetworkOptions => new() { AuthorityFiles = [Authority.AuthorityFile], TrustSystemAuthorities = false };

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ListenerBench> StartAsync(
        ConnectionHandler handler, Func<KestrelListenerOptions, KestrelListenerOptions>? configure = null, params string[] names)
    {
        var folder = new TestFolder();
        var authority = LocalAuthority.Open(folder.Path, TimeProvider.System);
        authority.EnsureServerCertificate(names);
        var certificates = new CertificateFiles(authority.Server);
        var log = new CollectedLog();
        var options = new KestrelListenerOptions { CertificateSource = certificates, ConnectionHandler = handler, LoggerFactory = log };
        var listener = await KestrelListener.StartAsync(configure?.Invoke(options) ?? options, Token);
        var port = await listener.AddPortAsync(IPAddress.Loopback, 0, Token);
        return new ListenerBench(folder, authority, certificates, log, listener, port);
    }

    public ValueTask<IConnection> DialAsync(string host = "localhost") => Network.DialAsync(new HostPort(host, Port), Token);

    public Task<RawClient> ConnectRawAsync(SslProtocols protocols = SslProtocols.Tls13, string host = "localhost", params string[] alpn) =>
        RawClient.ConnectAsync(Port, Authority.AuthorityFile, protocols, host, alpn);

    /// <summary>Waits for a condition that another thread brings about, with the test's deadline.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (!condition())
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync();
        _folder.Dispose();
    }
}
