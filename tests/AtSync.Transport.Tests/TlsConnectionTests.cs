using System.Net;
using AtSync.Transport.Kestrel;

namespace AtSync.Transport.Tests;

public sealed class TlsConnectionTests : ConnectionTests
{
    internal override async Task<PairBench> ConnectAsync()
    {
        var folder = new TestFolder();
        var authority = LocalAuthority.Open(folder.Path, TimeProvider.System);
        authority.EnsureServerCertificate();
        var accepted = new TaskCompletionSource<IConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var listener = await KestrelListener.StartAsync(
            new KestrelListenerOptions
            {
                CertificateSource = new CertificateFiles(authority.Server),
                ConnectionHandler = connection =>
                {
                    accepted.SetResult(connection);
                    return end.Task;
                },
            },
            PipeText.Token);
        var port = await listener.AddPortAsync(IPAddress.Loopback, 0, PipeText.Token);
        var network = new TlsNetwork(new TlsNetworkOptions { AuthorityFiles = [authority.AuthorityFile], TrustSystemAuthorities = false });
        var dialled = await network.DialAsync(new HostPort("localhost", port), PipeText.Token);
        return new PairBench(dialled, await accepted.Task.WaitAsync(PipeText.Token), port, end, async () =>
        {
            await listener.DisposeAsync();
            folder.Dispose();
        });
    }
}
