using Microsoft.AspNetCore.Http;

namespace AtSync.Transport.Kestrel;

/// <summary>The answer to HTTP requests where nothing else is configured.</summary>
internal static class HttpAnswer
{
    /// <summary>What a surplus connection is told.</summary>
    public static ReadOnlyMemory<byte> TooMany { get; } =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();

    public static Task NotHere(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("This port speaks the atProtocol (ALPN atProtocol/1.0). No web pages are served here.\n", context.RequestAborted);
    }
}
