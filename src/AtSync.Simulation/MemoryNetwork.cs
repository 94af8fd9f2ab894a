using AtSync.Transport;

namespace AtSync.Simulation;

/// <summary>
/// A network inside the process: names and ports lead to connection handlers, connections are crossed pipes. With the default inline
/// scheduler a dial runs the handler up to its first wait before it returns, and every write runs its reader, so that the order of events
/// depends on nothing but the program.
/// </summary>
/// <remarks>May be used from several threads. Nothing is buffered beyond the back-pressure limit of a connection.</remarks>
public sealed class MemoryNetwork(MemoryConnectionOptions? options = null) : INetwork
{
    private readonly MemoryConnectionOptions _options = options ?? new MemoryConnectionOptions();

    // Guards everything below; never held while a handler runs.
    private readonly Lock _gate = new();
    private readonly Dictionary<HostPort, ConnectionHandler> _handlers = [];
    private readonly Dictionary<HostPort, NetworkFault> _faults = [];
    private readonly List<MemoryConnection> _connections = [];
    private readonly List<Exception> _handlerFailures = [];
    private readonly List<Task> _running = [];
    private int _dialled;

    /// <summary>Called with the dialled end of every new connection before its handler starts: the place to plan a cut.</summary>
    public Action<HostPort, MemoryConnection>? Connecting { get; set; }

    /// <summary>True: every dial fails as unreachable. Existing connections go on (see <see cref="CutAll"/>).</summary>
    public bool IsDown { get; set; }

    /// <summary>The dialled ends of the connections that are open now, oldest first.</summary>
    public IReadOnlyList<MemoryConnection> Connections
    {
        get
        {
            lock (_gate)
            {
                _connections.RemoveAll(connection => connection.IsOver);
                return [.. _connections];
            }
        }
    }

    /// <summary>Connections made since the start.</summary>
    public int DialCount => Volatile.Read(ref _dialled);

    /// <summary>What handlers threw; a test that expects none checks that this is empty.</summary>
    public IReadOnlyList<Exception> HandlerFailures
    {
        get
        {
            lock (_gate)
            {
                return [.. _handlerFailures];
            }
        }
    }

    /// <summary>Answers dials to <paramref name="address"/> (host names compare without case) until the result is disposed; connections made through it live on.</summary>
    /// <exception cref="NetworkException">Somebody listens there already.</exception>
    public IDisposable Listen(HostPort address, ConnectionHandler handler)
    {
        var key = Normalise(address);
        lock (_gate)
        {
            if (!_handlers.TryAdd(key, handler))
            {
                throw new NetworkException(NetworkFault.PortInUse, $"{address} is in use.");
            }
        }

        return new Listening(this, key);
    }

    /// <summary>Lets every dial to <paramref name="address"/> fail in this way; null lets it work again.</summary>
    public void Fail(HostPort address, NetworkFault? fault)
    {
        lock (_gate)
        {
            if (fault is { } value)
            {
                _faults[Normalise(address)] = value;
            }
            else
            {
                _faults.Remove(Normalise(address));
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<IConnection> DialAsync(HostPort target, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var key = Normalise(target);
        ConnectionHandler handler;
        lock (_gate)
        {
            if (_faults.TryGetValue(key, out var fault))
            {
                throw new NetworkException(fault, $"{target} fails as planned ({fault}).");
            }

            if (IsDown || !_handlers.TryGetValue(key, out handler!))
            {
                throw new NetworkException(NetworkFault.Unreachable, $"{target} refused the connection: nothing listens there.");
            }
        }

        return ValueTask.FromResult<IConnection>(Connect(key, handler));
    }

    /// <summary>Cuts every open connection, as when the network goes.</summary>
    public void CutAll()
    {
        foreach (var connection in Connections)
        {
            connection.Cut();
        }
    }

    /// <summary>Waits until every handler has returned. Close or cut the connections first.</summary>
    public Task WhenHandlersEndedAsync()
    {
        lock (_gate)
        {
            _running.RemoveAll(task => task.IsCompleted);
            return Task.WhenAll(_running);
        }
    }

    private static HostPort Normalise(HostPort address) => address with { Host = address.Host.ToLowerInvariant() };

    private MemoryConnection Connect(HostPort address, ConnectionHandler handler)
    {
        var number = Interlocked.Increment(ref _dialled);
        var (dialled, accepted) = MemoryConnection.CreatePair(_options with { ServerName = address.Host, LocalPort = address.Port });
        if (accepted.RemoteEndPoint is System.Net.IPEndPoint from)
        {
            accepted.RemoteEndPoint = new System.Net.IPEndPoint(from.Address, 1 + (number % 65_535));
        }

        lock (_gate)
        {
            _connections.RemoveAll(connection => connection.IsOver);
            _connections.Add(dialled);
        }

        Connecting?.Invoke(address, dialled);
        var running = RunAsync(handler, accepted);
        if (!running.IsCompleted)
        {
            lock (_gate)
            {
                _running.RemoveAll(task => task.IsCompleted);
                _running.Add(running);
            }
        }

        return dialled;
    }

    private async Task RunAsync(ConnectionHandler handler, MemoryConnection accepted)
    {
        try
        {
            await handler(accepted);
        }
        catch (Exception failure)
        {
            lock (_gate)
            {
                _handlerFailures.Add(failure);
            }

            accepted.Abort();
        }
        finally
        {
            await accepted.DisposeAsync();
        }
    }

    private sealed class Listening(MemoryNetwork network, HostPort address) : IDisposable
    {
        public void Dispose()
        {
            lock (network._gate)
            {
                network._handlers.Remove(address);
            }
        }
    }
}
