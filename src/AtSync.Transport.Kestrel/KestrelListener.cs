using System.Net;
using System.Net.Sockets;
using AtSync.Transport.Kestrel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AtSync.Transport.Kestrel;

/// <summary>
/// Accepts TLS connections for the atProtocol, and HTTP/1.1 on the same ports for clients that ask for it by ALPN. One Kestrel runs behind
/// all ports; ports come and go while it runs.
/// </summary>
/// <remarks>
/// Reads no configuration, no environment and no signals, and writes nothing to the console: all of that is the program's. May be used from
/// several threads.
/// </remarks>
public sealed class KestrelListener : IListener
{
    private readonly WebApplication _application;
    private readonly PortSet _ports;
    private readonly ConnectionLimits _limits;
    private readonly ProtocolSwitch _protocols;
    private readonly Lock _gate = new();
    private Task? _stopping;

    private KestrelListener(WebApplication application, PortSet ports, ConnectionLimits limits, ProtocolSwitch protocols)
    {
        _application = application;
        _ports = ports;
        _limits = limits;
        _protocols = protocols;
    }

    /// <summary>Where it listens now.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => _ports.EndPoints;

    /// <summary>Open connections, handshaking ones included.</summary>
    public int ConnectionCount => _limits.Count;

    /// <summary>Starts a listener without ports; add them with <see cref="AddPortAsync"/>.</summary>
    public static async Task<KestrelListener> StartAsync(KestrelListenerOptions options, CancellationToken cancellationToken)
    {
        var log = options.LoggerFactory.CreateLogger("AtSync.Transport.Kestrel");
        var limits = new ConnectionLimits(options.MaxConnections, options.MaxConnectionsPerAddress);
        var ports = new PortSet(options, log);
        var admission = new Admission(limits, options.TimeProvider, log);
        var handshake = new Handshake(options);
        var protocols = new ProtocolSwitch(options, log);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(options.LoggerFactory);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(ports);
        // The token given to DrainAsync is the only limit of draining.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            HttpLimits.Apply(kestrel.Limits);
            kestrel.Listen(PortSet.KestrelEndPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => admission.RunAsync(connection, next));
                listen.UseHttps(handshake.CallbackOptions);
                listen.Use(next => connection => protocols.RunAsync(connection, next));
            });
        });

        var application = builder.Build();
        application.UseWebSockets();
        application.Run(new HttpFront(options, log).RunAsync);
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        return new KestrelListener(application, ports, limits, protocols);
    }

    /// <summary>Other limits, for connections that come from now on; none is ended.</summary>
    /// <param name="maxConnections">See <see cref="KestrelListenerOptions.MaxConnections"/>.</param>
    /// <param name="maxConnectionsPerAddress">See <see cref="KestrelListenerOptions.MaxConnectionsPerAddress"/>.</param>
    /// <param name="writeTimeout">See <see cref="KestrelListenerOptions.WriteTimeout"/>.</param>
    public void UseLimits(int maxConnections, int maxConnectionsPerAddress, TimeSpan writeTimeout)
    {
        _limits.Use(maxConnections, maxConnectionsPerAddress);
        _protocols.UseWriteTimeout(writeTimeout);
    }

    /// <inheritdoc/>
    public ValueTask<int> AddPortAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return ValueTask.FromResult(_ports.Add(address, port));
        }
        catch (SocketException failure)
        {
            var endPoint = new IPEndPoint(address, port);
            throw failure.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? new NetworkException(NetworkFault.PortInUse, $"{endPoint} is in use by another program. Stop it, or choose another port.", failure)
                : new NetworkException(NetworkFault.CannotListen, $"{endPoint} cannot be listened on: {failure.SocketErrorCode}.", failure);
        }
    }

    /// <inheritdoc/>
    public async ValueTask RemovePortAsync(int port, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _ports.RemoveAsync(port);
    }

    /// <inheritdoc/>
    public Task DrainAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _stopping ??= StopAsync(cancellationToken);
        }
    }

    /// <summary>Stops at once: connections that are still open are aborted. Call <see cref="DrainAsync"/> before to let them end.</summary>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _ports.CloseAsync();
        try
        {
            await _application.StopAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Time is up; Kestrel has aborted the rest.
        }
    }
}
