using System.Net;
using System.Text;
using AtSync.Transport;
using AtSync.Transport.Kestrel;

namespace AtSync.AotCheck;

/// <summary>AtSync.Transport and AtSync.Transport.Kestrel: an authority, a listener, a dial.</summary>
internal static class TransportChecks
{
    public static async Task RunAsync(string folder)
    {
        var authority = LocalAuthority.Open(folder, TimeProvider.System);
        authority.EnsureServerCertificate();
        await using var listener = await KestrelListener.StartAsync(
            new KestrelListenerOptions
            {
                CertificateSource = new CertificateFiles(authority.Server),
                ConnectionHandler = async connection => await connection.Output.WriteAsync("@"u8.ToArray()),
                PageHandler = (request, _) => ValueTask.FromResult(new PageAnswer(200, "text/plain", Encoding.ASCII.GetBytes(request.Path))),
            },
            CancellationToken.None);
        var port = await listener.AddPortAsync(IPAddress.Loopback, 0, CancellationToken.None);
        var network = new TlsNetwork(new TlsNetworkOptions { AuthorityFiles = [authority.AuthorityFile], TrustSystemAuthorities = false });

        await using var dialled = await network.DialAsync(new HostPort("localhost", port), CancellationToken.None);
        var read = await dialled.Input.ReadAtLeastAsync(1);
        Check.That(read.Buffer.FirstSpan[0] == (byte)'@', "the server speaks first");

        const string Get = " HTTP/1.1\r\nHost: localhost\r\nConnection: ";
        var page = await AskAsync(authority, port, $"GET /page{Get}close\r\n\r\n", text => text.EndsWith("\r\n\r\n/page", StringComparison.Ordinal));
        Check.That(page.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) && page.EndsWith("/page", StringComparison.Ordinal), "a page is served where HTTP is negotiated");

        // The frame 0x81 0x01 '@': one text message.
        const string Upgrade = "Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        var greeting = await AskAsync(authority, port, $"GET /ws{Get}{Upgrade}", text => text.Contains("\u0081\u0001@", StringComparison.Ordinal));
        Check.That(greeting.Contains("\u0081\u0001@", StringComparison.Ordinal), "the protocol is served inside a WebSocket");
    }

    /// <summary>What comes back to one request, until it is whole; a character per byte.</summary>
    private static async Task<string> AskAsync(LocalAuthority authority, int port, string request, Func<string, bool> isWhole)
    {
        var network = new TlsNetwork(new TlsNetworkOptions
        {
            AuthorityFiles = [authority.AuthorityFile],
            TrustSystemAuthorities = false,
            ApplicationProtocols = ["http/1.1"],
        });
        await using var dialled = await network.DialAsync(new HostPort("localhost", port), CancellationToken.None);
        await dialled.Output.WriteAsync(Encoding.ASCII.GetBytes(request));
        var text = "";
        while (!isWhole(text))
        {
            var read = await dialled.Input.ReadAsync();
            text += Encoding.Latin1.GetString(read.Buffer);
            dialled.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        return text;
    }
}
