using System.IO.Pipelines;
using System.Net.Security;
using AtSync.Transport.Kestrel.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace AtSync.Transport.Kestrel;

/// <summary>The last middleware: after the handshake, HTTP goes on to Kestrel and everything else to the protocol's handler.</summary>
internal sealed class ProtocolSwitch(KestrelListenerOptions options, ILogger log)
{
    /// <summary>How long a surplus connection may take to take its line.</summary>
    private static readonly TimeSpan TellTime = TimeSpan.FromSeconds(1);

    private volatile KestrelListenerOptions _options = options;

    /// <summary>For connections that come from now on.</summary>
    public void UseWriteTimeout(TimeSpan writeTimeout) => _options = _options with { WriteTimeout = writeTimeout };

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Features.Get<PendingHandshake>()?.Done();
        var tls = connection.Features.GetRequiredFeature<ISslStreamFeature>().SslStream;
        await using var accepted = new AcceptedConnection(connection, tls, _options);
        if (connection.Features.Get<Surplus>() is not null)
        {
            await TellAsync(accepted);
        }
        else if (tls.NegotiatedApplicationProtocol == SslApplicationProtocol.Http11)
        {
            await RunHttpAsync(connection, accepted, next);
        }
        else
        {
            await HandlerRun.RunAsync(_options.ConnectionHandler, accepted, () => accepted.IsEnding, log, connection.ConnectionId);
        }
    }

    /// <summary>One line and the end, without waiting for anything: it must stay cheap.</summary>
    private async Task TellAsync(AcceptedConnection connection)
    {
        using var limit = new CancellationTokenSource(TellTime, _options.TimeProvider);
        try
        {
            await connection.Output.WriteAsync(
                connection.ApplicationProtocol == SslApplicationProtocol.Http11.ToString() ? HttpFront.TooMany : _options.RefusalLine, limit.Token);
        }
        catch (OperationCanceledException)
        {
            // It does not read.
        }
    }

    /// <summary>
    /// HTTP reads and writes through the same two pipes as the protocol: what keeps TLS's memory whole when a connection ends, and sends
    /// close_notify (Kestrel sends none), then holds for it, too.
    /// </summary>
    private static async Task RunHttpAsync(ConnectionContext context, AcceptedConnection connection, ConnectionDelegate next)
    {
        context.Features.Set(connection);
        var transport = context.Transport;
        context.Transport = new DuplexPipe(connection.Input, connection.Output);
        try
        {
            await next(context);
        }
        finally
        {
            context.Transport = transport;
        }
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
