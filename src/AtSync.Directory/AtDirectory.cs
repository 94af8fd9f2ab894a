using AtSync.Storage;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.Directory;

/// <summary>The atDirectory: answers each <c>atsign\n</c> with <c>host:port\r\n@</c> or <c>null\r\n@</c>.</summary>
/// <remarks>May be used for any number of connections at once; holds nothing between them.</remarks>
public sealed class AtDirectory
{
    private readonly ILogger _logger;
    private volatile AtDirectoryOptions _options;

    /// <summary>Composes; nothing runs until <see cref="HandleAsync"/> is called by a listener.</summary>
    public AtDirectory(AtDirectoryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _logger = options.LoggerFactory.CreateLogger("AtSync.Directory");
    }

    /// <summary>Other limits, for connections that come from now on.</summary>
    public void UseLimits(AtDirectoryLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _options = _options with { Limits = limits };
    }

    /// <summary>The connection handler to give to a listener.</summary>
    public async Task HandleAsync(IConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        DirectoryTelemetry.ConnectionOpened();
        try
        {
            using var session = new DirectorySession(connection, _options, _logger);
            await session.RunAsync();
        }
        catch (StoreException failure)
        {
            // `null` would be believed: the connection ends without an answer instead, which clients take for a fault and try again.
            Log.StoreFailed(_logger, failure);
        }
        catch (OperationCanceledException) when (connection.Closed.IsCancellationRequested)
        {
            // Gone while it was waited for.
        }
        finally
        {
            DirectoryTelemetry.ConnectionEnded();
        }
    }

    /// <summary>The page handler to give to a listener: the way to atServers by HTTP.</summary>
    public ValueTask<PageAnswer> GetPageAsync(PageRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return DirectoryPages.GetAsync(request, _options.Addresses, _logger, cancellationToken);
    }
}

/// <summary>What an <see cref="AtDirectory"/> is composed of.</summary>
public sealed record AtDirectoryOptions
{
    /// <summary>Addresses.</summary>
    public required IAddressBook Addresses { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Logs.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }

    /// <summary>Sizes and times.</summary>
    public AtDirectoryLimits Limits { get; init; } = new();
}

/// <summary>Sizes and times of the directory.</summary>
public sealed record AtDirectoryLimits
{
    /// <summary>Most bytes of a request.</summary>
    public int RequestBytesMax { get; init; } = 255;

    /// <summary>Idle time after which a connection is closed.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Delay of the second and later unknown atSigns on one connection; the third closes it.</summary>
    public TimeSpan MissDelay { get; init; } = TimeSpan.FromSeconds(3);
}
