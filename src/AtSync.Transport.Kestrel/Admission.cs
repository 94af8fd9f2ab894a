using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace AtSync.Transport.Kestrel;

/// <summary>The first middleware, before TLS: turns surplus connections away while they cost next to nothing.</summary>
internal sealed class Admission(ConnectionLimits limits, TimeProvider timeProvider, ILogger log)
{
    /// <summary>A flood of surplus connections is one message in so much time.</summary>
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long? _lastLogged;
    private long _refused;

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = PeerAddress.KeyOf(connection.RemoteEndPoint);
        var admitted = limits.Enter(address);
        if (admitted != Admitted.Fully)
        {
            Refused();
            if (admitted == Admitted.Not)
            {
                connection.Abort();
                return;
            }

            connection.Features.Set(Surplus.Instance);
        }

        var handshake = new PendingHandshake(connection);
        try
        {
            connection.Features.Set(handshake);
            await next(connection);
        }
        finally
        {
            handshake.Done();
            limits.Leave(address, admitted);
        }
    }

    private void Refused()
    {
        long refused;
        lock (_gate)
        {
            _refused++;
            if (_lastLogged is { } last && timeProvider.GetElapsedTime(last) < LogInterval)
            {
                return;
            }

            _lastLogged = timeProvider.GetTimestamp();
            (refused, _refused) = (_refused, 0);
        }

        Log.ConnectionsRefused(log, refused, limits.Count);
    }
}

/// <summary>Ends a connection that is still in its handshake when the listener drains: there is nobody to ask yet.</summary>
internal sealed class PendingHandshake
{
    private readonly CancellationTokenRegistration _registration;

    public PendingHandshake(ConnectionContext connection) =>
        _registration = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            .UnsafeRegister(static state => ((ConnectionContext)state!).Abort(), connection) ?? default;

    /// <summary>The handshake is over, or the connection is. May be called again.</summary>
    public void Done() => _registration.Dispose();
}

/// <summary>Marks a connection that is one too many: after its handshake it is told so and closed.</summary>
internal sealed class Surplus
{
    public static Surplus Instance { get; } = new();
}
