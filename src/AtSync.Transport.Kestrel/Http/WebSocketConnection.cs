using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;

namespace AtSync.Transport.Kestrel.Http;

/// <summary>
/// The protocol's byte stream inside a WebSocket: what the client's frames carry, text or binary, is read as it comes, frame borders mean
/// nothing; each write leaves as one message.
/// </summary>
/// <remarks>
/// One loop receives, because cancelling a receive ends a WebSocket, while the protocol's own reads are released now and then. It takes frames
/// of any length in pieces and pauses when <see cref="ReadAheadBytes"/> lie unread; the limit of a line is the protocol's.
/// </remarks>
internal sealed class WebSocketConnection : IConnection
{
    /// <summary>Received bytes that nobody has looked at before receiving pauses.</summary>
    private const int ReadAheadBytes = 65_536;

    /// <summary>Bytes asked for at a time.</summary>
    private const int RoomBytes = 4_096;

    /// <summary>How long each of the two close frames may take.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly WebSocket _socket;
    private readonly AcceptedConnection _accepted;
    private readonly TimeProvider _timeProvider;
    private readonly Pipe _received = new(new PipeOptions(
        pauseWriterThreshold: ReadAheadBytes, resumeWriterThreshold: ReadAheadBytes / 2, minimumSegmentSize: RoomBytes, useSynchronizationContext: false));

    private readonly TlsOutput _output;
    private readonly CancellationTokenSource _closed = new();
    private readonly Task _receiving;
    private long _receivedBytes;
    private volatile bool _isClosing;
    private volatile bool _isAborted;
    private int _isDisposed;

    public WebSocketConnection(WebSocket socket, AcceptedConnection accepted, string serverName, TimeProvider timeProvider)
    {
        _socket = socket;
        _accepted = accepted;
        _timeProvider = timeProvider;
        ServerName = serverName;
        Closed = _closed.Token;
        _output = new TlsOutput(new WebSocketOutput(socket), static _ => null, Abort, accepted.WriteTimeout, timeProvider);
        _receiving = ReceiveLoopAsync();
    }

    public PipeReader Input => _received.Reader;

    public PipeWriter Output => _output;

    public EndPoint? RemoteEndPoint => _accepted.RemoteEndPoint;

    public int LocalPort => _accepted.LocalPort;

    public string ServerName { get; }

    public string ApplicationProtocol => _accepted.ApplicationProtocol;

    public CancellationToken Closed { get; }

    public CancellationToken CloseRequested => _accepted.CloseRequested;

    /// <summary>Of the protocol, without the frames' own.</summary>
    public (long Sent, long Received) Bytes => (_output.Sent, Volatile.Read(ref _receivedBytes));

    public bool IsEnding => _isAborted || Closed.IsCancellationRequested || _accepted.IsEnding;

    public void Abort()
    {
        _isAborted = true;
        _accepted.Abort();
        _received.Writer.CancelPendingFlush();
    }

    /// <summary>Says goodbye with a close frame and takes the client's for a moment; HTTP ends the connection afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _isClosing = true;
        _received.Writer.CancelPendingFlush();
        await _output.EndAsync();
        if (_isAborted || !await TryCloseAsync())
        {
            _socket.Abort();
            _accepted.Abort();
        }

        await _receiving;
        _closed.Dispose();
    }

    private async ValueTask<bool> TryCloseAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(CloseTimeout, _timeProvider);
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
            await _receiving.WaitAsync(CloseTimeout, _timeProvider);
            return true;
        }
        catch (Exception failure) when (IsEnd(failure) || failure is TimeoutException)
        {
            return false;
        }
    }

    private async Task ReceiveLoopAsync()
    {
        try
        {
            while (true)
            {
                // Waits without holding a buffer: an idle connection keeps none.
                var waited = await _socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                if (waited.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                var frame = await _socket.ReceiveAsync(_received.Writer.GetMemory(RoomBytes), CancellationToken.None);
                if (frame.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                Interlocked.Add(ref _receivedBytes, frame.Count);
                if (!_isClosing && frame.Count > 0)
                {
                    _received.Writer.Advance(frame.Count);
                    await _received.Writer.FlushAsync(CancellationToken.None);
                }
            }
        }
        catch (Exception failure) when (IsEnd(failure))
        {
            // Gone without a goodbye, or it broke the rules of WebSockets: for a listener an ordinary end.
        }

        try
        {
            _closed.Cancel();
        }
        finally
        {
            _received.Writer.Complete();
        }
    }

    private static bool IsEnd(Exception failure) => failure is WebSocketException or IOException or OperationCanceledException or InvalidOperationException;
}
