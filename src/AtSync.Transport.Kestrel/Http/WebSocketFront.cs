using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AtSync.Transport.Kestrel.Http;

/// <summary><c>GET /ws</c>: the protocol inside a WebSocket, served by the same handler as any other connection.</summary>
internal static class WebSocketFront
{
    private static readonly PageAnswer NoUpgrade = HttpFront.Text(
        StatusCodes.Status400BadRequest, "This is the address of the WebSocket (wss://…/ws): send the headers of an upgrade (RFC 6455).");

    public static async Task RunAsync(HttpContext context, KestrelListenerOptions options, ILogger log)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await HttpFront.AnswerAsync(context, NoUpgrade);
            return;
        }

        var accepted = context.Features.Get<AcceptedConnection>()!;
        // Uncompressed: secrets and what a stranger chose would otherwise share a compressor, whose lengths tell one from the other.
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            KeepAliveInterval = HttpLimits.PingInterval,
            KeepAliveTimeout = HttpLimits.PingInterval,
        });
        await using var connection = new WebSocketConnection(
            socket, accepted, accepted.ServerName.Length > 0 ? accepted.ServerName : HttpFront.HostOf(context), options.TimeProvider);
        await HandlerRun.RunAsync(options.ConnectionHandler, connection, () => connection.IsEnding, log, context.Connection.Id);
    }
}
