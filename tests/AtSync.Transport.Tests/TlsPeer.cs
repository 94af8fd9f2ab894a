using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Transport.Tests;

/// <summary>A listener on a free loopback port that does with each socket what the test wants, and an authority for its certificate.</summary>
internal sealed class TlsPeer : IAsyncDisposable
{
    private readonly TestFolder _folder = new();
    private readonly Socket _listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Task _accepting;

    private TlsPeer(Func<TlsPeer, Socket, Task> serve, TimeProvider? issuedAt)
    {
        Authority = LocalAuthority.Open(_folder.Path, issuedAt ?? TimeProvider.System);
        Authority.EnsureServerCertificate();
        _listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listening.Listen();
        _accepting = AcceptAsync(serve);
    }

    public LocalAuthority Authority { get; }

    public TestFolder Folder => _folder;

    /// <summary>An address without a name to look up; it is in the certificate.</summary>
    public HostPort Address => new("127.0.0.1", ((IPEndPoint)_listening.LocalEndPoint!).Port);

    public TlsNetworkOptions Options => new() { AuthorityFiles = [Authority.AuthorityFile], TrustSystemAuthorities = false };

    public TaskCompletionSource Accepted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static TlsPeer Serving(Func<SslStream, Task> serve, Action<SslServerAuthenticationOptions>? configure = null, DateTimeOffset? issuedAt = null) => new(
        async (peer, socket) =>
        {
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var options = new SslServerAuthenticationOptions { ServerCertificateContext = new CertificateFiles(peer.Authority.Server).Find("") };
            configure?.Invoke(options);
            await tls.AuthenticateAsServerAsync(options, PipeText.Token);
            await serve(tls);
        },
        issuedAt is { } time ? new FakeTimeProvider(time) : null);

    public static TlsPeer ServingSockets(Func<Socket, Task> serve) => new((_, socket) => serve(socket), issuedAt: null);

    public ValueTask<IConnection> DialAsync(Func<TlsNetworkOptions, TlsNetworkOptions>? configure = null) =>
        new TlsNetwork(configure?.Invoke(Options) ?? Options).DialAsync(Address, PipeText.Token);

    public async ValueTask DisposeAsync()
    {
        _listening.Dispose();
        await _accepting;
        _folder.Dispose();
    }

    private async Task AcceptAsync(Func<TlsPeer, Socket, Task> serve)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listening.AcceptAsync(PipeText.Token);
                Accepted.TrySetResult();
                serving.Add(ServeAsync(serve, socket));
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Func<TlsPeer, Socket, Task> serve, Socket socket)
    {
        using (socket)
        {
            try
            {
                await serve(this, socket);
            }
            catch (Exception gone) when (gone is IOException or System.Security.Authentication.AuthenticationException or ObjectDisposedException or OperationCanceledException or SocketException)
            {
                // The dialling side refused or left, as many tests want it to.
            }
        }
    }
}
