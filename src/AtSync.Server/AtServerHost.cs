using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.Server;

/// <summary>Many atSigns in one process: finds the atSign of each connection (port, SNI name, <c>to:</c>) and runs its session.</summary>
public sealed class AtServerHost : IAsyncDisposable
{
    /// <summary>Composes; nothing runs until <see cref="HandleAsync"/> is called by a listener.</summary>
    public AtServerHost(AtServerOptions options) => throw new NotImplementedException();

    /// <summary>The connection handler to give to a listener.</summary>
    public Task HandleAsync(IConnection connection) => throw new NotImplementedException();

    /// <summary>Connections to this local port are for this atSign.</summary>
    public void MapPort(int port, AtSign atSign) => throw new NotImplementedException();

    /// <summary>Forgets a port.</summary>
    public void UnmapPort(int port) => throw new NotImplementedException();

    /// <summary>Hosts a new atSign: store, CRAM secret, signing keys. Durable on return.</summary>
    /// <returns>False when it is hosted already.</returns>
    public ValueTask<bool> AddAsync(AtSign atSign, string secret, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Deletes an atSign with everything it holds and cuts its connections. False when it was not hosted.</summary>
    public ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>State of a hosted atSign; null when it is not hosted.</summary>
    public ValueTask<HostedAtSign?> DescribeAsync(AtSign atSign, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Ends sessions politely; those that have not ended when the token fires are aborted.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>State of a hosted atSign.</summary>
/// <param name="AtSign">Which.</param>
/// <param name="IsActivated">True once its secret is gone and a public key is there.</param>
/// <param name="Secret">The CRAM secret while it exists; never logged.</param>
/// <param name="Summary">Counts.</param>
public sealed record HostedAtSign(AtSign AtSign, bool IsActivated, string? Secret, StoreSummary Summary);

/// <summary>What an <see cref="AtServerHost"/> is composed of.</summary>
public sealed record AtServerOptions
{
    /// <summary>Stores; disposed by the caller.</summary>
    public required IStorageEngine Storage { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Challenges, ids.</summary>
    public required IRandomSource Random { get; init; }

    /// <summary>Logs: kinds and sizes; key names at Debug; values never.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }

    /// <summary>Sizes and times.</summary>
    public AtServerLimits Limits { get; init; } = new();
}

/// <summary>Sizes and times of the server.</summary>
public sealed record AtServerLimits
{
    /// <summary>Most bytes of an input line.</summary>
    public int LineBytesMax { get; init; } = 10_240_000;

    /// <summary>Most entries of a sync page when the client names no limit.</summary>
    public int PageEntriesDefault { get; init; } = 2000;

    /// <summary>Most entries of a sync page whatever the client asks for.</summary>
    public int PageEntriesMax { get; init; } = 5000;

    /// <summary>Most bytes of a sync page (one entry always goes).</summary>
    public int PageBytesMax { get; init; } = 5_242_880;

    /// <summary>Most bytes of a sealed value.</summary>
    public int ValueBytesMax { get; init; } = 5 * 1024 * 1024;

    /// <summary>Life of a challenge.</summary>
    public TimeSpan ChallengeLife { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Idle time after which an unauthenticated connection is closed.</summary>
    public TimeSpan IdleUnauthenticated { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Idle time after which an authenticated connection is closed.</summary>
    public TimeSpan IdleAuthenticated { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Most connections per atSign.</summary>
    public int ConnectionsPerAtSignMax { get; init; } = 10_000;

    /// <summary>Interval of the keep-alive statistics notification.</summary>
    public TimeSpan StatsInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Interval of the expiry sweep.</summary>
    public TimeSpan ExpiryInterval { get; init; } = TimeSpan.FromMinutes(1);
}
