using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AtSync.Transport.Kestrel.Http;

/// <summary>What an HTTP client may send, and how long it may take. Strangers come here without authentication, and GETs are small.</summary>
internal static class HttpLimits
{
    /// <summary>Characters of a request's target as sent; more is 400, as the reference answers.</summary>
    public const int TargetCharactersMax = 1_000;

    /// <summary>Bytes of the request line; Kestrel answers 414 beyond it.</summary>
    private const int RequestLineBytesMax = 8_192;

    /// <summary>Bytes of all headers; Kestrel answers 431 beyond it.</summary>
    private const int HeaderBytesMax = 16_384;

    private const int HeadersMax = 64;

    /// <summary>Nothing here takes a body.</summary>
    private const int BodyBytesMax = 0;

    /// <summary>Time for the headers of a request that has begun...</summary>
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(15);

    /// <summary>...and time until the next request on the same connection.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    /// <summary>A silent WebSocket is pinged so often, and given up when the pong takes as long.</summary>
    public static TimeSpan PingInterval { get; } = TimeSpan.FromSeconds(30);

    public static void Apply(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = RequestLineBytesMax;
        limits.MaxRequestHeadersTotalSize = HeaderBytesMax;
        limits.MaxRequestHeaderCount = HeadersMax;
        limits.MaxRequestBodySize = BodyBytesMax;
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.KeepAliveTimeout = IdleTimeout;
    }
}
