using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;

namespace AtSync.Tests;

/// <summary>
/// .NET's own HTTP and WebSocket clients against a port that chooses the protocol by ALPN. Neither offers <c>http/1.1</c> by itself, so the TLS
/// connection is made here; names may be ones that do not resolve: all lead to this machine.
/// </summary>
internal sealed class WebClients(string authorityFile) : IDisposable
{
    private readonly List<IDisposable> _parts = [];

    /// <summary>Pages of <c>https://host:port</c>.</summary>
    public HttpClient Http(string host, int port)
    {
        // The handler sees plain HTTP; the TLS is below it.
        var client = new HttpClient(Handler(host)) { BaseAddress = new Uri($"http://{host}:{port}/"), Timeout = TimeSpan.FromSeconds(20) };
        _parts.Add(client);
        return client;
    }

    /// <summary>A WebSocket to <c>wss://host:port/ws</c>.</summary>
    public async Task<ClientWebSocket> WebSocketAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        _parts.Add(socket);
        var invoker = new HttpMessageInvoker(Handler(host));
        _parts.Add(invoker);
        await socket.ConnectAsync(new Uri($"ws://{host}:{port}/ws"), invoker, cancellationToken);
        return socket;
    }

    public void Dispose()
    {
        foreach (var part in _parts)
        {
            part.Dispose();
        }
    }

    private SocketsHttpHandler Handler(string host) => new()
    {
        AllowAutoRedirect = false,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, context.DnsEndPoint.Port), cancellationToken);
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(authorityFile);
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = host,
                CertificateChainPolicy = policy,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
            };
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return tls;
        },
    };
}
