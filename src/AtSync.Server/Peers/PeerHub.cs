using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Transport;

namespace AtSync.Server.Peers;

/// <summary>
/// The connections of all hosted atSigns to other atServers, and the outboxes that use them. Two atSigns of this process talk through it as two
/// on different machines do. May be called concurrently.
/// </summary>
internal sealed class PeerHub : IAsyncDisposable
{
    private const int IdlePerPeerMax = 4;

    private readonly AtServerHost _host;

    // Guards the idle connections and the set of all.
    private readonly Lock _gate = new();
    private readonly Dictionary<(AtSign Own, AtSign Peer, bool IsProven), Stack<PeerConnection>> _idle = [];
    private readonly HashSet<PeerConnection> _open = [];
    private readonly CancellationTokenSource _stopping = new();

    public PeerHub(AtServerHost host, PeerOptions options)
    {
        _host = host;
        Options = options;
        Directory = new PeerDirectory(options, host.Options.TimeProvider);
        Outbox = new Outbox(host, this);
        Copies = new CopyRefresh(host, this);
    }

    public PeerOptions Options { get; }

    public PeerDirectory Directory { get; }

    public Outbox Outbox { get; }

    public CopyRefresh Copies { get; }

    /// <summary>Fires when the process ends.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Asks one thing. A kept connection that turns out to be dead is replaced once.</summary>
    public async ValueTask<PeerAnswer> AskAsync(IKeyStore store, AtSign peer, string line, bool isProven, CancellationToken cancellationToken)
    {
        while (TryTake(store.Owner, peer, isProven) is { } kept)
        {
            try
            {
                var answer = await kept.AskAsync(line, cancellationToken);
                await GiveBackAsync(kept, store.Owner);
                return answer;
            }
            catch (PeerException)
            {
                await kept.DisposeAsync();
            }
        }

        var connection = await OpenAsync(store, peer, isProven, cancellationToken);
        try
        {
            var answer = await connection.AskAsync(line, cancellationToken);
            await GiveBackAsync(connection, store.Owner);
            return answer;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection of the caller's own; who disposes it ends it.</summary>
    public async ValueTask<PeerConnection> OpenAsync(IKeyStore store, AtSign peer, bool isProven, CancellationToken cancellationToken)
    {
        var clock = _host.Options.TimeProvider;
        var address = await Directory.FindAsync(peer, cancellationToken);
        IConnection dialled;
        try
        {
            dialled = await Options.Network.DialAsync(address, cancellationToken);
        }
        catch (NetworkException failure)
        {
            Directory.Forget(peer);
            throw new PeerException(AtErrorCodes.SecondaryUnreachable, $"the atServer of {peer} at {address} can't be reached: {failure.Message}", failure);
        }

        var connection = new PeerConnection(dialled, store.Owner, peer, Options, clock, Forget);
        lock (_gate)
        {
            _open.Add(connection);
        }

        try
        {
            if (isProven)
            {
                await PublicKeyWatch.CheckAsync(connection, store, _host, cancellationToken);
                await PeerHandshake.ProveAsync(connection, store, clock, cancellationToken);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>How many connections an atSign has to others.</summary>
    public int CountOf(AtSign own)
    {
        lock (_gate)
        {
            return _open.Count(connection => connection.Own == own);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Copies.DisposeAsync();
        await Outbox.DisposeAsync();
        await CloseIdleAsync(DateTimeOffset.MaxValue);
        _stopping.Dispose();
    }

    /// <summary>Closes connections that nobody used since the time.</summary>
    public async ValueTask CloseIdleAsync(DateTimeOffset until)
    {
        List<PeerConnection> closing = [];
        lock (_gate)
        {
            foreach (var (key, stack) in _idle.ToArray())
            {
                closing.AddRange(stack.Where(connection => connection.IdleSince <= until || connection.IsClosed));
                var kept = stack.Except(closing).Reverse().ToArray();
                _idle.Remove(key);
                if (kept.Length > 0)
                {
                    _idle.Add(key, new Stack<PeerConnection>(kept));
                }
            }
        }

        foreach (var connection in closing)
        {
            await connection.DisposeAsync();
        }
    }

    private void Forget(PeerConnection connection)
    {
        lock (_gate)
        {
            _open.Remove(connection);
        }
    }

    private PeerConnection? TryTake(AtSign own, AtSign peer, bool isProven)
    {
        lock (_gate)
        {
            return _idle.TryGetValue((own, peer, isProven), out var stack) && stack.TryPop(out var connection) ? connection : null;
        }
    }

    private ValueTask GiveBackAsync(PeerConnection connection, AtSign own)
    {
        connection.IdleSince = _host.Options.TimeProvider.GetUtcNow();
        lock (_gate)
        {
            var key = (own, connection.Peer, connection.IsProven);
            if (!_idle.TryGetValue(key, out var stack))
            {
                _idle.Add(key, stack = new Stack<PeerConnection>());
            }

            if (stack.Count < IdlePerPeerMax && !Stopping.IsCancellationRequested)
            {
                stack.Push(connection);
                return ValueTask.CompletedTask;
            }
        }

        return connection.DisposeAsync();
    }
}
