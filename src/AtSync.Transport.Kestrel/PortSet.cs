using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace AtSync.Transport.Kestrel;

/// <summary>
/// What Kestrel takes for its one endpoint: any number of listening sockets whose connections come out of one queue. Kestrel itself cannot add
/// or remove an endpoint while it runs; behind this one, a port costs a kilobyte and a tenth of a millisecond.
/// </summary>
/// <remarks>
/// All connections share one factory and its memory pool, which lives until the last of them has ended. A listener of Kestrel's own per port
/// would take its pool, and with it its living connections, along when it is removed.
/// </remarks>
internal sealed class PortSet : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    /// <summary>Accepted connections that Kestrel has not taken yet; beyond it they wait in the kernel's backlog.</summary>
    private const int QueueMax = 256;

    private readonly KestrelListenerOptions _options;
    private readonly ILogger _log;
    private readonly SocketConnectionContextFactory _factory;
    private readonly Channel<Socket> _accepted = Channel.CreateBounded<Socket>(new BoundedChannelOptions(QueueMax) { SingleReader = true });

    // Guards the list of ports.
    private readonly Lock _gate = new();
    private readonly List<ListeningPort> _ports = [];
    private bool _isClosed;

    public PortSet(KestrelListenerOptions options, ILogger log)
    {
        _options = options;
        _log = log;
        _factory = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), log);
    }

    /// <summary>The endpoint to give to Kestrel.</summary>
    public static EndPoint KestrelEndPoint { get; } = new PortSetEndPoint();

    public EndPoint EndPoint => KestrelEndPoint;

    public IReadOnlyList<IPEndPoint> EndPoints
    {
        get
        {
            lock (_gate)
            {
                return [.. _ports.Select(port => port.EndPoint)];
            }
        }
    }

    public bool CanBind(EndPoint endpoint) => endpoint is PortSetEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(this);

    /// <exception cref="SocketException">The port cannot be listened on.</exception>
    public int Add(IPAddress address, int port)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(KestrelListener));
            var listening = ListeningPort.Open(new IPEndPoint(address, port), _options, _accepted.Writer, _log);
            _ports.Add(listening);
            Log.PortAdded(_log, listening.EndPoint);
            return listening.EndPoint.Port;
        }
    }

    /// <summary>Closes the port on every address it was added for.</summary>
    public async ValueTask RemoveAsync(int port)
    {
        ListeningPort[] removed;
        lock (_gate)
        {
            removed = [.. _ports.Where(listening => listening.EndPoint.Port == port)];
            _ports.RemoveAll(removed.Contains);
        }

        foreach (var listening in removed)
        {
            await listening.DisposeAsync();
            Log.PortRemoved(_log, listening.EndPoint);
        }
    }

    /// <summary>Closes every port, for good.</summary>
    public async ValueTask CloseAsync()
    {
        ListeningPort[] removed;
        lock (_gate)
        {
            _isClosed = true;
            removed = [.. _ports];
            _ports.Clear();
        }

        foreach (var listening in removed)
        {
            await listening.DisposeAsync();
        }

        _accepted.Writer.TryComplete();
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_accepted.Reader.TryRead(out var socket))
            {
                try
                {
                    return _factory.Create(socket);
                }
                catch (SocketException)
                {
                    // Gone already. Nothing may be thrown here: Kestrel would stop accepting for good.
                    socket.Dispose();
                }
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => CloseAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _factory.Dispose();
    }

    /// <summary>Ours by its type, so that Kestrel's socket transport does not claim it.</summary>
    private sealed class PortSetEndPoint : EndPoint
    {
        public override string ToString() => "atProtocol ports";
    }
}
