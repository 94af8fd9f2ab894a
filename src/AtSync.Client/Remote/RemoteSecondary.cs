using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Remote;

/// <summary>The way to one atSign's remote secondary: finds it in the atDirectory, keeps an authenticated connection, rebuilds it when it breaks.</summary>
public sealed class RemoteSecondary : IAsyncDisposable
{
    private readonly RemoteSecondaryOptions _options;
    private readonly ILogger _log;

    /// <summary>Guards <see cref="_connection"/>; held while one is made, so that callers share it.</summary>
    private readonly SemaphoreSlim _gate = new(1, 1);

    private readonly CancellationTokenSource _stop = new();
    private RemoteConnection? _connection;
    private bool _isDisposed;

    /// <summary>Composes; nothing is dialled yet.</summary>
    public RemoteSecondary(RemoteSecondaryOptions options)
    {
        _options = options;
        _log = options.LoggerFactory.CreateLogger("AtSync.Client.Remote");
    }

    /// <summary>Whose.</summary>
    internal AtSign AtSign => _options.AtSign;

    /// <summary>The authenticated connection, made when there is none.</summary>
    /// <exception cref="AtException"><see cref="AtFault.Network"/>, <see cref="AtFault.NotFound"/>, <see cref="AtFault.Refused"/>, <see cref="AtFault.Keys"/>.</exception>
    public async ValueTask<RemoteConnection> GetConnectionAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_connection is { Failure: null } usable)
            {
                return usable;
            }

            if (_connection is { } broken)
            {
                _connection = null;
                await broken.DisposeAsync();
            }

            return _connection = await OpenAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A further authenticated connection, owned by the caller (a monitor for servers that want one of its own).</summary>
    internal async ValueTask<RemoteConnection> OpenAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        var isKept = _options.Directory.TryGetKept(_options.AtSign, out _);
        var address = await _options.Directory.FindAsync(_options.AtSign, stop.Token);
        try
        {
            return await OpenAsync(address, stop.Token);
        }
        catch (AtException failure) when (failure.Fault == AtFault.Network)
        {
            _options.Directory.Forget(_options.AtSign);
            if (!isKept)
            {
                throw;
            }

            // The server may have moved since the directory was asked.
            Log.AddressFailed(_log, address.ToString(), failure.Message);
            var fresh = await _options.Directory.FindAsync(_options.AtSign, stop.Token);
            if (fresh == address)
            {
                throw;
            }

            return await OpenAsync(fresh, stop.Token);
        }
    }

    /// <summary>Closes the connection. Connections given out by <see cref="OpenAsync(CancellationToken)"/> are their owners' to close.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        await _stop.CancelAsync();
        await _gate.WaitAsync();
        try
        {
            _isDisposed = true;
            if (_connection is { } connection)
            {
                _connection = null;
                await connection.DisposeAsync();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask<RemoteConnection> OpenAsync(HostPort address, CancellationToken cancellationToken)
    {
        var connection = await RemoteConnection.ConnectAsync(
            _options.Network, address, _options.AtSign, _options.RequestTimeout, _options.TimeProvider, cancellationToken);
        try
        {
            await connection.PkamAsync(_options.Keys, cancellationToken);
            var features = await connection.GetFeaturesAsync(cancellationToken);
            Log.Connected(_log, _options.AtSign.ToString(), address.ToString(), features.Version ?? "unknown", features.Names.Count);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
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
