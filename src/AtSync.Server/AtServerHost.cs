using System.Globalization;
using System.Net;
using AtSync.Protocol;
using AtSync.Server.Housekeeping;
using AtSync.Server.Peers;
using AtSync.Server.Sessions;
using AtSync.Server.Web;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.Server;

/// <summary>Many atSigns in one process: finds the atSign of each connection (port, SNI name, <c>to:</c>) and runs its session.</summary>
/// <remarks>All members may be called concurrently.</remarks>
public sealed class AtServerHost : IAsyncDisposable
{
    private readonly HostedStores _stores;

    // Guards the collections below; nothing is awaited and no session runs under it.
    private readonly Lock _gate = new();
    private readonly Dictionary<int, AtSign> _ports = [];
    private readonly Dictionary<AtSign, AtServer> _active = [];
    private readonly Dictionary<Session, TaskCompletionSource> _sessions = [];
    private long _evictions;
    private HousekeepingLoop? _housekeeping;
    private bool _isDraining;
    private volatile AtServerLimits _limits;

    /// <summary>Composes; nothing runs until <see cref="HandleAsync"/> is called by a listener.</summary>
    public AtServerHost(AtServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _limits = options.Limits;
        PolGuard = new PolGuard(options.TimeProvider, () => Limits);
        options.Storage.DefaultQuota = options.Limits.Quota;
        Logger = options.LoggerFactory.CreateLogger("AtSync.Server");
        StartedAt = options.TimeProvider.GetUtcNow();
        _stores = new HostedStores(options);
        Peers = options.Peers is null ? null : new PeerHub(this, options.Peers);
    }

    /// <summary>
    /// Sizes and times; at first those of the options. May be changed while connections are open: each command looks at the present ones. What a
    /// connection or a timer was made with (its longest line, the interval of statistics) holds until the next one is made.
    /// </summary>
    public AtServerLimits Limits
    {
        get => _limits;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Options.Storage.DefaultQuota = value.Quota;
            _limits = value;
            HousekeepingLoop? housekeeping;
            lock (_gate)
            {
                housekeeping = _housekeeping;
            }

            housekeeping?.UseInterval(value.ExpiryInterval);
        }
    }

    internal UnfinishedInput UnfinishedInput { get; } = new();

    internal PolGuard PolGuard { get; }

    internal PeerHub? Peers { get; }

    internal AtServerOptions Options { get; }

    internal ILogger Logger { get; }

    internal DateTimeOffset StartedAt { get; }

    internal IReadOnlyList<AtServer> ActiveServers
    {
        get
        {
            lock (_gate)
            {
                return [.. _active.Values];
            }
        }
    }

    /// <summary>The connection handler to give to a listener.</summary>
    public async Task HandleAsync(IConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var session = new Session(this, connection);
        var ended = new TaskCompletionSource();
        if (!TryRegister(session, ended))
        {
            await SayAsync(session, new AtError(AtErrorCodes.Paused, "Server is temporarily paused and should be available again shortly", Closes: true));
            return;
        }

        ServerTelemetry.ConnectionOpened();
        try
        {
            await RunAsync(session);
        }
        finally
        {
            await session.DisposeAsync();
            if (session.HasServer)
            {
                session.Server.Leave(session);
            }

            lock (_gate)
            {
                _sessions.Remove(session);
            }

            ServerTelemetry.ConnectionEnded();
            Log.ConnectionEnded(Logger, session.Id);
            ended.SetResult();
        }
    }

    /// <summary>The page handler to give to a listener: public records by HTTP.</summary>
    public ValueTask<PageAnswer> GetPageAsync(PageRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return PublicPages.GetAsync(request, this, cancellationToken);
    }

    /// <summary>Connections to this local port are for this atSign.</summary>
    public void MapPort(int port, AtSign atSign)
    {
        lock (_gate)
        {
            _ports[port] = atSign;
        }
    }

    /// <summary>Forgets a port.</summary>
    public void UnmapPort(int port)
    {
        lock (_gate)
        {
            _ports.Remove(port);
        }
    }

    /// <summary>Hosts a new atSign: store, CRAM secret, signing keys. Durable on return. What a crash left half done is completed.</summary>
    /// <returns>False when it is hosted already.</returns>
    public async ValueTask<bool> AddAsync(AtSign atSign, string secret, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        var isNew = await _stores.AddAsync(atSign, secret, cancellationToken);
        if (isNew)
        {
            Log.AtSignAdded(Logger, atSign);
        }

        return isNew;
    }

    /// <summary>Deletes an atSign with everything it holds and cuts its connections. False when it was not hosted.</summary>
    public async ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        await EvictAsync(atSign, cancellationToken);
        var wasHosted = await Options.Storage.RemoveAsync(atSign, cancellationToken);
        if (wasHosted)
        {
            // Who came in between holds a store that finds nothing any more.
            await EvictAsync(atSign, CancellationToken.None);
            Log.AtSignRemoved(Logger, atSign);
        }

        return wasHosted;
    }

    /// <summary>Sets what one atSign may hold, in the place of what was set for it before. Durable on return. False when it is not hosted.</summary>
    public ValueTask<bool> SetQuotaAsync(AtSign atSign, StoreQuota quota, CancellationToken cancellationToken) =>
        Options.Storage.SetQuotaAsync(atSign, quota, cancellationToken);

    /// <summary>
    /// Takes up what goes on without anybody being connected: sending what was owed to other atSigns when the process ended, and refreshing cached
    /// copies. Call it once, when the listener runs.
    /// </summary>
    public Task ResumeAsync(CancellationToken cancellationToken)
    {
        if (Peers is null)
        {
            return Task.CompletedTask;
        }

        Peers.Copies.Start();
        return Peers.Outbox.ResumeAsync(cancellationToken);
    }

    /// <summary>State of a hosted atSign; null when it is not hosted.</summary>
    public ValueTask<HostedAtSign?> DescribeAsync(AtSign atSign, CancellationToken cancellationToken) =>
        _stores.DescribeAsync(atSign, cancellationToken);

    /// <summary>Ends sessions politely; those that have not ended when the token fires are aborted.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        (Session Session, Task Ended)[] open;
        lock (_gate)
        {
            _isDraining = true;
            open = [.. _sessions.Select(entry => (entry.Key, entry.Value.Task))];
        }

        Log.Draining(Logger, open.Length);
        foreach (var (session, _) in open)
        {
            session.RequestEnd();
        }

        var all = Task.WhenAll(open.Select(entry => entry.Ended));
        try
        {
            await all.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            var left = open.Where(entry => !entry.Ended.IsCompleted).ToArray();
            Log.DrainAborts(Logger, left.Length);
            foreach (var (session, _) in left)
            {
                session.Connection.Abort();
            }

            await all;
        }
    }

    /// <summary>Drains without waiting: connections that do not end at once are aborted.</summary>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync(new CancellationToken(canceled: true));
        HousekeepingLoop? housekeeping;
        lock (_gate)
        {
            housekeeping = _housekeeping;
            _housekeeping = null;
        }

        if (housekeeping is not null)
        {
            await housekeeping.DisposeAsync();
        }

        if (Peers is not null)
        {
            await Peers.DisposeAsync();
        }

        foreach (var server in ActiveServers)
        {
            server.Dispose();
        }
    }

    /// <summary>Lets a session in to its atSign, making the atSign's object when it is the first.</summary>
    internal async ValueTask<EnterResult> EnterAsync(AtSign atSign, Session session)
    {
        EnterResult? entered = null;
        while (entered is null)
        {
            var evictions = Volatile.Read(ref _evictions);
            if (await Options.Storage.FindAsync(atSign, CancellationToken.None) is not { } store)
            {
                return EnterResult.NotHosted;
            }

            entered = TryEnter(store, session, evictions);
        }

        var result = entered.Value;
        if (result == EnterResult.Full)
        {
            Log.ConnectionRefused(Logger, atSign, Limits.ConnectionsPerAtSignMax);
        }
        else
        {
            Log.ConnectionOpened(Logger, session.Id, atSign.ToString());
        }

        return result;
    }

    /// <summary>
    /// Cuts the connections of an atSign and forgets its object, because its store is another one from now on. Who connects afterwards meets the
    /// store that the engine has then.
    /// </summary>
    internal async ValueTask EvictAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        AtServer? server;
        Task[] ending = [];
        lock (_gate)
        {
            _evictions++;
            if (_active.Remove(atSign, out server))
            {
                server.TryClose(onlyWhenIdle: false);
                ending = [.. server.Sessions.Where(_sessions.ContainsKey).Select(session => _sessions[session].Task)];
            }
        }

        foreach (var session in server?.Sessions ?? [])
        {
            session.RequestEnd();
            session.Connection.Abort();
        }

        await Task.WhenAll(ending).WaitAsync(cancellationToken);
    }

    /// <summary>Connections of an atSign at this moment.</summary>
    internal int SessionCountOf(AtSign atSign)
    {
        lock (_gate)
        {
            return _active.TryGetValue(atSign, out var server) ? server.SessionCount : 0;
        }
    }

    /// <summary>Something of this atSign's waits to be sent to another one.</summary>
    internal void OutboxHasNews(AtSign atSign) => Peers?.Outbox.Wake(atSign);

    /// <summary>Changes that no session made are durable: whoever is connected to the atSign hears of them.</summary>
    internal void Committed(AtSign atSign, ReadOnlySpan<ChangeResult> results, bool lastWasDelete)
    {
        AtServer? server;
        lock (_gate)
        {
            _active.TryGetValue(atSign, out server);
        }

        server?.Committed(results, lastWasDelete);
    }

    /// <summary>Drops the objects of atSigns that nobody has used for a while.</summary>
    internal void DropIdle()
    {
        var now = Options.TimeProvider.GetUtcNow();
        lock (_gate)
        {
            foreach (var (atSign, server) in _active.ToArray())
            {
                if (server.SessionCount == 0 && now - server.IdleSince >= Limits.IdleAtSign && server.TryClose(onlyWhenIdle: true))
                {
                    _active.Remove(atSign);
                }
            }
        }
    }

    private async Task RunAsync(Session session)
    {
        if (Locate(session.Connection.LocalPort, session.Connection.ServerName) is { } atSign && await EnterAsync(atSign, session) == EnterResult.Full)
        {
            await SayAsync(session, new AtError(AtErrorCodes.InboundLimitExceeded, "", Closes: true));
            return;
        }

        using var loop = new SessionLoop(session);
        await loop.RunAsync();
    }

    /// <summary>Null when the store that was found may have been replaced meanwhile: then it is looked for again.</summary>
    private EnterResult? TryEnter(IKeyStore store, Session session, long evictions)
    {
        lock (_gate)
        {
            if (evictions != _evictions)
            {
                return null;
            }

            if (!_active.TryGetValue(store.Owner, out var server))
            {
                server = new AtServer(store, this);
                _active.Add(store.Owner, server);
            }

            return server.TryEnter(session);
        }
    }

    private bool TryRegister(Session session, TaskCompletionSource ended)
    {
        lock (_gate)
        {
            if (_isDraining)
            {
                return false;
            }

            _sessions.Add(session, ended);
            if (_housekeeping is null)
            {
                _housekeeping = new HousekeepingLoop(this);
                _housekeeping.Start();
            }

            return true;
        }
    }

    /// <summary>The port decides; else the first label of a host name that has more than one.</summary>
    internal AtSign? Locate(int localPort, string serverName)
    {
        lock (_gate)
        {
            if (_ports.TryGetValue(localPort, out var byPort))
            {
                return byPort;
            }
        }

        var dot = serverName.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && !IPAddress.TryParse(serverName, out _) && AtSign.TryParse(Decode(serverName[..dot]), out var byName, out _) ? byName : null;
    }

    /// <summary>Names with letters beyond ASCII, emoji among them, come in their <c>xn--</c> form.</summary>
    private static string Decode(string label)
    {
        if (!label.StartsWith("xn--", StringComparison.Ordinal))
        {
            return label;
        }

        try
        {
            return new IdnMapping { AllowUnassigned = true }.GetUnicode(label);
        }
        catch (ArgumentException)
        {
            return label;
        }
    }

    /// <summary>What is said instead of the greeting: one text line without a prompt.</summary>
    private static async Task SayAsync(Session session, AtError error)
    {
        var text = error.Detail.Length == 0 ? AtErrorCodes.TextOf(error.Code) : error.Detail;
        await session.Output.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"error:{error.Code}-{text}\n"));
    }
}
