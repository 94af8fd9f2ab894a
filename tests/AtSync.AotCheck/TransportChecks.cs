using System.Net;
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
            },
            CancellationToken.None);
        var port = await listener.AddPortAsync(IPAddress.Loopback, 0, CancellationToken.None);
        var network = new TlsNetwork(new TlsNetworkOptions { AuthorityFiles = [authority.AuthorityFile], TrustSystemAuthorities = false });

        await using var dialled = await network.DialAsync(new HostPort("localhost", port), CancellationToken.None);
        var read = await dialled.Input.ReadAtLeastAsync(1);
        Check.That(read.Buffer.FirstSpan[0] == (byte)'@', "the server speaks first");
    }
}
