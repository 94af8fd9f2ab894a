using System.Buffers;
using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Grammar;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.Directory;

/// <summary>
/// One connection to the directory. <c>@</c> on connect; <c>alice\n</c> → <c>host:port\r\n@</c> or <c>null\r\n@</c>, in one write;
/// <c>@exit</c>, with or without a newline, ends it without a word, and so does a request that is too long.
/// </summary>
/// <remarks>
/// Guessing names is slowed down: on one connection the second unknown name waits before its answer, the third waits and closes. A lone empty
/// line is answered like an unknown name (a real client sends one after connecting and waits) but is no guess. A leading <c>@</c> is taken off
/// a name, where the reference answers <c>null</c>: the specification of 2026 has it so, and nobody can mean another name by it.
/// </remarks>
internal sealed class DirectorySession : IDisposable
{
    private const int MissesMax = 3;
    private static readonly byte[] Greeting = "@"u8.ToArray();
    private static readonly byte[] NotFound = "null\r\n@"u8.ToArray();
    private static readonly byte[] Stopping = "Stop in progress. Can't accept new requests."u8.ToArray();

    private readonly IConnection _connection;
    private readonly AtDirectoryOptions _options;
    private readonly ILogger _logger;
    private readonly ITimer _idle;
    private volatile bool _isEnding;
    private int _misses;

    public DirectorySession(IConnection connection, AtDirectoryOptions options, ILogger logger)
    {
        _connection = connection;
        _options = options;
        _logger = logger;
        _idle = options.TimeProvider.CreateTimer(
            static session => ((DirectorySession)session!).RequestEnd(), this, options.Limits.IdleTimeout, Timeout.InfiniteTimeSpan);
    }

    public async Task RunAsync()
    {
        if (_connection.CloseRequested.IsCancellationRequested)
        {
            await WriteAsync(Stopping);
            return;
        }

        using var closing = _connection.CloseRequested.UnsafeRegister(static session => ((DirectorySession)session!).RequestEnd(), this);
        if (!await WriteAsync(Greeting))
        {
            return;
        }

        var lines = new LineSplitter(_options.Limits.RequestBytesMax);
        while (!_isEnding)
        {
            var read = await _connection.Input.ReadAsync(CancellationToken.None);
            var buffer = read.Buffer;
            var goesOn = true;
            while (goesOn)
            {
                var found = lines.TryRead(ref buffer, out var line);
                if (found == LineRead.NeedMore)
                {
                    break;
                }

                goesOn = found == LineRead.Line && await AnswerAsync(Text(line));
            }

            lines.EndRead();
            goesOn = goesOn && !read.IsCompleted && !Text(buffer).Equals("@exit", StringComparison.OrdinalIgnoreCase);
            _connection.Input.AdvanceTo(goesOn ? buffer.Start : buffer.End, buffer.End);
            if (!goesOn)
            {
                return;
            }

            _idle.Change(_options.Limits.IdleTimeout, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _idle.Dispose();

    /// <summary>False when the connection ends.</summary>
    private async ValueTask<bool> AnswerAsync(string request)
    {
        if (request.Equals("@exit", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        if (request.Length == 0)
        {
            return await WriteAsync(NotFound);
        }

        var address = AtSign.TryParse(request, out var atSign, out _)
            ? await _options.Addresses.FindAsync(atSign, _connection.Closed)
            : null;
        DirectoryTelemetry.Asked(address is not null);
        if (address is not null)
        {
            return await WriteAsync(Encoding.UTF8.GetBytes($"{address}\r\n@"));
        }

        _misses++;
        Log.NotFound(_logger, _misses);
        if (_misses > 1 && !await WaitAsync())
        {
            return false;
        }

        return _misses < MissesMax && await WriteAsync(NotFound);
    }

    private async ValueTask<bool> WaitAsync()
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_connection.Closed, _connection.CloseRequested);
        try
        {
            await Task.Delay(_options.Limits.MissDelay, _options.TimeProvider, ending.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var result = await _connection.Output.WriteAsync(bytes, CancellationToken.None);
        return !result.IsCompleted && !result.IsCanceled;
    }

    private void RequestEnd()
    {
        _isEnding = true;
        _connection.Input.CancelPendingRead();
    }

    private static string Text(ReadOnlySequence<byte> line) =>
        line.Length > 1024 ? "" : Encoding.UTF8.GetString(line).Trim();
}
