using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using AtSync.Transport;

namespace AtSync.Bench.Works;

/// <summary>Moves bytes through one TLS connection over loopback, in writes of the size of a page.</summary>
internal static class RawTls
{
    private const int WriteBytes = 1 << 20;

    public static async Task<TimeSpan> MoveAsync(string folder, long bytes, CancellationToken cancellationToken)
    {
        var authority = LocalAuthority.Open(Path.Combine(folder, "ca"), TimeProvider.System);
        authority.EnsureServerCertificate();
        var certificates = new CertificateFiles(authority.Server);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = SendAsync(listener, certificates.Find("localhost")!, bytes, cancellationToken);

        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, cancellationToken);
        using var root = X509CertificateLoader.LoadCertificateFromFile(authority.AuthorityFile);
        await using var tls = new SslStream(client.GetStream());
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(root);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy }, cancellationToken);
        var buffer = new byte[WriteBytes];
        var start = Stopwatch.GetTimestamp();
        await tls.WriteAsync(new byte[1], cancellationToken);
        for (var left = bytes; left > 0;)
        {
            var read = await tls.ReadAsync(buffer, cancellationToken);
            left = read > 0 ? left - read : throw new EndOfStreamException();
        }

        var time = Stopwatch.GetElapsedTime(start);
        await serving;
        return time;
    }

    private static async Task SendAsync(TcpListener listener, SslStreamCertificateContext certificate, long bytes, CancellationToken cancellationToken)
    {
        using var accepted = await listener.AcceptTcpClientAsync(cancellationToken);
        accepted.NoDelay = true;
        await using var tls = new SslStream(accepted.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = certificate }, cancellationToken);
        await tls.ReadExactlyAsync(new byte[1], cancellationToken);
        var buffer = new byte[WriteBytes];
        for (var left = bytes; left > 0; left -= Math.Min(left, buffer.Length))
        {
            await tls.WriteAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken);
        }
    }
}
