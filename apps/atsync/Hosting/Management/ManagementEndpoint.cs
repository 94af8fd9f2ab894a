using System.Net;
using AtSync.Storage;
using AtSync.Transport.Kestrel;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting.Management;

/// <summary>
/// Plain HTTP for those who watch the program, on an address of its own: <c>/healthz</c> (the process answers), <c>/readyz</c> (it can serve,
/// else 503 and why not), <c>/metrics</c> (Prometheus text).
/// </summary>
internal sealed class ManagementEndpoint : IAsyncDisposable
{
    /// <summary>How long the storage may take for a trial write.</summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Within this time the last answer is given again: whoever asks often does not make the disk work.</summary>
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);

    private readonly Func<CancellationToken, ValueTask<string?>> _whyNotReady;
    private readonly Func<string?> _metrics;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    // One question at a time; guards the last answer.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private (DateTimeOffset At, string? Reason)? _last;
    private HttpEndpoint? _http;

    private ManagementEndpoint(
        Func<CancellationToken, ValueTask<string?>> whyNotReady, Func<string?> metrics, TimeProvider timeProvider, ILogger logger)
    {
        _whyNotReady = whyNotReady;
        _metrics = metrics;
        _timeProvider = timeProvider;
        _logger = logger;
    }

    /// <summary>Where it listens.</summary>
    public string Address => _http!.EndPoint.ToString();

    /// <exception cref="Transport.NetworkException">The address can't be listened on.</exception>
    public static async Task<ManagementEndpoint> StartAsync(
        IPEndPoint endPoint, Func<CancellationToken, ValueTask<string?>> whyNotReady, Func<string?> metrics, TimeProvider timeProvider,
        ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var management = new ManagementEndpoint(whyNotReady, metrics, timeProvider, loggerFactory.CreateLogger("AtSync.Hosting"));
        management._http = await HttpEndpoint.StartAsync(endPoint, management.AnswerAsync, loggerFactory, cancellationToken);
        return management;
    }

    public async ValueTask DisposeAsync()
    {
        if (_http is not null)
        {
            await _http.DisposeAsync();
        }

        _turn.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var (status, text) = (context.Request.Method, context.Request.Path.Value) switch
        {
            (not ("GET" or "HEAD"), _) => (StatusCodes.Status405MethodNotAllowed, "only GET\n"),
            (_, "/healthz") => (StatusCodes.Status200OK, "ok\n"),
            (_, "/readyz") => await ReadyAsync(context.RequestAborted),
            (_, "/metrics") => _metrics() is { } metrics
                ? (StatusCodes.Status200OK, metrics)
                : (StatusCodes.Status503ServiceUnavailable, "metrics could not be collected\n"),
            _ => (StatusCodes.Status404NotFound, "there are /healthz, /readyz and /metrics\n"),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = context.Request.Path == "/metrics" && status == StatusCodes.Status200OK
            ? "text/plain; version=0.0.4; charset=utf-8"
            : "text/plain; charset=utf-8";
        await context.Response.WriteAsync(text, context.RequestAborted);
    }

    private async ValueTask<(int Status, string Text)> ReadyAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_last is not { } last || _timeProvider.GetUtcNow() - last.At >= ProbeInterval)
            {
                last = (_timeProvider.GetUtcNow(), await AskAsync());
                if (last.Reason is { } reason && _last?.Reason != reason)
                {
                    HostingLog.NotReady(_logger, reason);
                }

                _last = last;
            }

            return last.Reason is null ? (StatusCodes.Status200OK, "ready\n") : (StatusCodes.Status503ServiceUnavailable, last.Reason + "\n");
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask<string?> AskAsync()
    {
        using var timeout = new CancellationTokenSource(ProbeTimeout, _timeProvider);
        try
        {
            return await _whyNotReady(timeout.Token);
        }
        catch (StoreException failure)
        {
            return $"storage not writable: {failure.Message}";
        }
        catch (OperationCanceledException)
        {
            return $"storage not writable: a trial write took more than {ProbeTimeout.TotalSeconds} s";
        }
        catch (ObjectDisposedException)
        {
            return "stopped";
        }
    }
}
