using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace AtSync.Transport.Kestrel;

/// <summary>The last middleware: after the handshake, HTTP goes on to Kestrel and everything else to the protocol's handler.</summary>
internal sealed class ProtocolSwitch(KestrelListenerOptions options, ILogger log)
{
    /// <summary>How long a close_notify may take to leave.</summary>
    internal static readonly TimeSpan CloseNotifyTimeout = TimeSpan.FromSeconds(1);

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Features.Get<PendingHandshake>()?.Done();
        var tls = connection.Features.GetRequiredFeature<ISslStreamFeature>().SslStream;
        if (tls.NegotiatedApplicationProtocol == SslApplicationProtocol.Http11)
        {
            await RunHttpAsync(connection, tls, next);
        }
        else
        {
            await RunProtocolAsync(connection, tls);
        }
    }

    private async Task RunHttpAsync(ConnectionContext connection, SslStream tls, ConnectionDelegate next)
    {
        try
        {
            await next(connection);
        }
        finally
        {
            // Kestrel sends none; browsers do not mind, other clients take its absence for a truncated answer.
            await TlsShutdown.TrySendAsync(tls, CloseNotifyTimeout, options.TimeProvider);
        }
    }

    private async Task RunProtocolAsync(ConnectionContext context, SslStream tls)
    {
        var connection = new AcceptedConnection(context, tls, options);
        try
        {
            await options.ConnectionHandler(connection);
        }
        catch (Exception failure) when (connection.IsEnding && failure is IOException or OperationCanceledException or NetworkException)
        {
            // The peer went, or the listener drains, in the middle of something: an ordinary end.
            Log.HandlerInterrupted(log, context.ConnectionId, failure.GetType().Name);
        }
        catch (Exception failure)
        {
            Log.HandlerFailed(log, failure, context.ConnectionId);
            connection.Abort();
        }
        finally
        {
            await connection.DisposeAsync();
        }
    }
}
