using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace AtSync.Transport.Kestrel;

/// <summary>Every message of this project; event ids 2000 to 2099.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Debug, "Listening on {EndPoint}.")]
    public static partial void PortAdded(ILogger log, IPEndPoint endPoint);

    [LoggerMessage(2001, LogLevel.Debug, "No longer listening on {EndPoint}.")]
    public static partial void PortRemoved(ILogger log, IPEndPoint endPoint);

    [LoggerMessage(2002, LogLevel.Error, "Accepting on {EndPoint} failed ({Error}); trying again.")]
    public static partial void AcceptFailed(ILogger log, IPEndPoint endPoint, SocketError error);

    [LoggerMessage(2003, LogLevel.Warning, "{Refused} connections turned away at a connection limit; {Open} are open.")]
    public static partial void ConnectionsRefused(ILogger log, long refused, int open);

    [LoggerMessage(2004, LogLevel.Debug, "Connection {ConnectionId}: ended while its handler was busy ({Reason}).")]
    public static partial void HandlerInterrupted(ILogger log, string connectionId, string reason);

    [LoggerMessage(2005, LogLevel.Error, "Connection {ConnectionId}: its handler failed; the connection is aborted.")]
    public static partial void HandlerFailed(ILogger log, Exception failure, string connectionId);

    [LoggerMessage(2006, LogLevel.Error, "Connection {ConnectionId}: a page failed.")]
    public static partial void PageFailed(ILogger log, Exception failure, string connectionId);
}
