using System.Net;
using AtSync.Protocol;
using AtSync.Server;
using AtSync.Transport;

namespace AtSync.App.Hosting;

/// <summary>A port per atSign: works with every client and needs no names. Ports are remembered in the data folder, so that a restart keeps them.</summary>
/// <param name="listener">Ports are opened here.</param>
/// <param name="server">Told whose port it is.</param>
/// <param name="folder">Remembers.</param>
/// <param name="addresses">To listen on.</param>
/// <param name="host">The host name in the addresses that others are told.</param>
/// <param name="firstPort">Port of the first new atSign, counting up; 0 takes free ones.</param>
internal sealed class PortPlaces(
    IListener listener, AtServerHost server, DataFolder folder, IReadOnlyList<IPAddress> addresses, string host, int firstPort) : IPlaces
{
    // Guards everything below, and the folder's ports.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<AtSign, int> _open = [];
    private int _next;

    public void Dispose() => _gate.Dispose();

    public async ValueTask StartAsync(IAsyncEnumerable<AtSign> hosted, CancellationToken cancellationToken)
    {
        await foreach (var atSign in hosted.WithCancellation(cancellationToken))
        {
            await OpenAsync(atSign, cancellationToken);
            server.MapPort(_open[atSign], atSign);
        }

        folder.SavePorts(_open);
    }

    public HostPort? Find(AtSign atSign)
    {
        _gate.Wait();
        try
        {
            return _open.TryGetValue(atSign, out var port) || folder.Ports.TryGetValue(atSign, out port) ? new HostPort(host, port) : null;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask<HostPort> OpenAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (!_open.TryGetValue(atSign, out var port))
            {
                port = await ListenAsync(folder.Ports.TryGetValue(atSign, out var known) ? known : Next(), cancellationToken);
                _open.Add(atSign, port);
            }

            return new HostPort(host, port);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask KeepAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var port = _open[atSign];
            if (!folder.Ports.TryGetValue(atSign, out var known) || known != port)
            {
                folder.SavePorts([new(atSign, port)]);
            }

            server.MapPort(port, atSign);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask CloseAsync(AtSign atSign, bool forget, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_open.Remove(atSign, out var port))
            {
                server.UnmapPort(port);
                await listener.RemovePortAsync(port, cancellationToken);
            }

            if (forget)
            {
                folder.ForgetPort(atSign);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>One port on every address.</summary>
    private async ValueTask<int> ListenAsync(int port, CancellationToken cancellationToken)
    {
        var opened = 0;
        try
        {
            foreach (var address in addresses)
            {
                opened = await listener.AddPortAsync(address, opened == 0 ? port : opened, cancellationToken);
            }

            return opened;
        }
        catch when (opened != 0)
        {
            await listener.RemovePortAsync(opened, CancellationToken.None);
            throw;
        }
    }

    private int Next()
    {
        if (firstPort == 0)
        {
            return 0;
        }

        _next = Math.Max(_next, firstPort);
        while (folder.Ports.Values.Contains(_next) || _open.ContainsValue(_next))
        {
            _next++;
        }

        return _next <= IPEndPoint.MaxPort
            ? _next
            : throw new NetworkException(
                NetworkFault.CannotListen, $"There is no port left above {firstPort}: begin lower, or find atSigns by their names ('sni').");
    }
}
