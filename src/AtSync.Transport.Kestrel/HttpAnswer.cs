using Microsoft.AspNetCore.Http;

namespace AtSync.Transport.Kestrel;

/// <summary>The answer to HTTP requests where nothing else is configured.</summary>
internal static class HttpAnswer
{
    public static Task NotHere(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("This port speaks the atProtocol (ALPN atProtocol/1.0). No web pages are served here.\n", context.RequestAborted);
    }
}
