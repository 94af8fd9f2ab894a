using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Remote;

/// <summary>The way to one atSign's remote secondary: finds it in the atDirectory, keeps an authenticated connection, rebuilds it when it breaks.</summary>
public sealed class RemoteSecondary : IAsyncDisposable
{
    /// <summary>Composes; nothing is dialled yet.</summary>
    public RemoteSecondary(RemoteSecondaryOptions options) => throw new NotImplementedException();

    /// <summary>The authenticated connection, made when there is none.</summary>
    public ValueTask<RemoteConnection> GetConnectionAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>What a <see cref="RemoteSecondary"/> is composed of.</summary>
public sealed record RemoteSecondaryOptions
{
    /// <summary>Whose.</summary>
    public required AtSign AtSign { get; init; }

    /// <summary>To log in with.</summary>
    public required AtKeysFile Keys { get; init; }

    /// <summary>Finds the atServer.</summary>
    public required DirectoryClient Directory { get; init; }

    /// <summary>How to dial.</summary>
    public required INetwork Network { get; init; }

    /// <summary>Time for one request.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Logs.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }
}

/// <summary>Asks an atDirectory. Answers are kept for an hour, and forgotten when the address does not answer.</summary>
public sealed class DirectoryClient
{
    /// <summary>A client of one atDirectory.</summary>
    public DirectoryClient(INetwork network, HostPort directory, TimeProvider timeProvider) => throw new NotImplementedException();

    /// <summary>Where the atServer is.</summary>
    /// <exception cref="AtException"><see cref="AtFault.NotFound"/> when the atDirectory has no entry; <see cref="AtFault.Network"/>.</exception>
    public ValueTask<HostPort> FindAsync(AtSign atSign, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Forgets an answer.</summary>
    public void Forget(AtSign atSign) => throw new NotImplementedException();
}
