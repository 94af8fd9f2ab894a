using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace AtSync.Transport.Kestrel.Http;

/// <summary>
/// Every HTTP request: <c>/ws</c> becomes a connection of the protocol inside a WebSocket, any other GET is asked of the page handler.
/// </summary>
internal sealed class HttpFront(KestrelListenerOptions options, ILogger log)
{
    public const string WebSocketPath = "/ws";

    /// <summary>What a surplus connection is told.</summary>
    public static ReadOnlyMemory<byte> TooMany { get; } =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();

    private static readonly PageAnswer NoPages = Text(
        StatusCodes.Status404NotFound, "This port speaks the atProtocol (ALPN atProtocol/1.0). No web pages are served here.");

    private static readonly PageAnswer TooLong = Text(
        StatusCodes.Status400BadRequest, $"The address of the page is longer than {HttpLimits.TargetCharactersMax} characters.");

    private static readonly PageAnswer OnlyGet = Text(StatusCodes.Status405MethodNotAllowed, "Only GET and HEAD are answered here.");

    private static readonly PageAnswer Failed = Text(StatusCodes.Status500InternalServerError, "The server failed; see its log.");

    public async Task RunAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var isGet = HttpMethods.IsGet(context.Request.Method);
        if (target.Length > HttpLimits.TargetCharactersMax)
        {
            await AnswerAsync(context, TooLong);
        }
        else if (!isGet && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await AnswerAsync(context, OnlyGet);
        }
        else if (isGet && context.Request.Path == WebSocketPath)
        {
            await WebSocketFront.RunAsync(context, options, log);
        }
        else
        {
            await AnswerAsync(context, await PageAsync(context));
        }
    }

    internal static PageAnswer Text(int status, string text) => new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text + "\n"));

    internal static Task AnswerAsync(HttpContext context, PageAnswer answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        // What the owner of a page calls it is what it is: no guessing by the browser.
        response.Headers.XContentTypeOptions = "nosniff";
        if (answer.Status == StatusCodes.Status200OK)
        {
            // May be kept, must be asked for again each time: the owner may change or delete it at any moment.
            var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(answer.Body.Span).AsSpan(0, 16))}\"";
            response.Headers.ETag = tag;
            response.Headers.CacheControl = "no-cache";
            if (IsKnown(context.Request.Headers.IfNoneMatch, tag))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return Task.CompletedTask;
            }
        }

        if (answer.Location is { } location)
        {
            response.Headers.Location = location.AbsoluteUri;
        }

        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(answer.Body, context.RequestAborted).AsTask();
    }

    private async ValueTask<PageAnswer> PageAsync(HttpContext context)
    {
        if (options.PageHandler is not { } handler)
        {
            return NoPages;
        }

        var accepted = context.Features.GetRequiredFeature<AcceptedConnection>();
        var request = new PageRequest
        {
            Path = context.Request.Path.Value ?? "/",
            Target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            Query = context.Request.Query.ToDictionary(parameter => parameter.Key, parameter => parameter.Value[^1] ?? "", StringComparer.Ordinal),
            LocalPort = accepted.LocalPort,
            ServerName = accepted.ServerName,
            Host = HostOf(context),
        };
        try
        {
            return await handler(request, context.RequestAborted);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !context.RequestAborted.IsCancellationRequested)
        {
            Log.PageFailed(log, failure, context.Connection.Id);
            return Failed;
        }
    }

    internal static string HostOf(HttpContext context) => context.Request.Host.HasValue ? context.Request.Host.Host.ToLowerInvariant() : "";

    private static bool IsKnown(StringValues ifNoneMatch, string tag) =>
        EntityTagHeaderValue.TryParseList(ifNoneMatch, out var known)
        && known.Any(each => each.Tag == tag || each.Tag == "*");
}
