using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AtSync.Transport.Kestrel;

/// <summary>Plain HTTP/1.1 on one address, for the management of a program: no TLS, small requests, few connections.</summary>
public sealed class HttpEndpoint : IAsyncDisposable
{
    /// <summary>Whoever watches a program opens one or two.</summary>
    private const int ConnectionsMax = 64;

    private const int RequestBytesMax = 4_096;

    private readonly WebApplication _application;

    private HttpEndpoint(WebApplication application, IPEndPoint endPoint)
    {
        _application = application;
        EndPoint = endPoint;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Listens; port 0 takes a free one.</summary>
    /// <exception cref="NetworkException">It can't be listened on.</exception>
    public static async Task<HttpEndpoint> StartAsync(
        IPEndPoint endPoint, RequestDelegate handler, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggerFactory);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = RequestBytesMax;
            kestrel.Listen(endPoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var application = builder.Build();
        application.Run(handler);
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch (IOException failure)
        {
            await application.DisposeAsync();
            throw failure.InnerException is AddressInUseException
                ? new NetworkException(NetworkFault.PortInUse, $"{endPoint} is in use by another program. Stop it, or choose another port.", failure)
                : new NetworkException(NetworkFault.CannotListen, $"{endPoint} cannot be listened on: {failure.Message}", failure);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        var port = address is null ? endPoint.Port : BindingAddress.Parse(address).Port;
        return new HttpEndpoint(application, new IPEndPoint(endPoint.Address, port));
    }

    /// <summary>Stops listening and ends what is open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }
}
