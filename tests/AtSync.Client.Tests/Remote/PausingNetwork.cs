using System.IO.Pipelines;
using System.Net;
using AtSync.Transport;

namespace AtSync.Client.Tests.Remote;

/// <summary>Connections whose abort returns only when something else has happened: makes two threads meet at a fixed point.</summary>
internal sealed class PausingNetwork(INetwork inner, Task until) : INetwork
{
    public async ValueTask<IConnection> DialAsync(HostPort target, CancellationToken cancellationToken) =>
        new Connection(await inner.DialAsync(target, cancellationToken), until);

    private sealed class Connection(IConnection inner, Task until) : IConnection
    {
        public PipeReader Input => inner.Input;

        public PipeWriter Output => inner.Output;

        public EndPoint? RemoteEndPoint => inner.RemoteEndPoint;

        public int LocalPort => inner.LocalPort;

        public string ServerName => inner.ServerName;

        public string ApplicationProtocol => inner.ApplicationProtocol;

        public CancellationToken Closed => inner.Closed;

        public CancellationToken CloseRequested => inner.CloseRequested;

        public (long Sent, long Received) Bytes => inner.Bytes;

        public void Abort()
        {
            if (!until.Wait(TimeSpan.FromSeconds(20)))
            {
                throw new TimeoutException("The other thread did not come.");
            }

            inner.Abort();
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
