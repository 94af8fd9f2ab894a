using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace AtSync.Transport;

/// <summary>
/// A dialled TLS connection. One loop reads from TLS straight into the pipe's memory, so that nothing is copied twice and the end of the
/// peer is noticed even while nobody reads; it pauses when too much lies unread. Writing goes to TLS directly.
/// </summary>
/// <remarks>
/// The loop and the output own the two halves of the TLS stream; closing takes both away from them before it touches the stream itself
/// (<see cref="OperationGate"/> says why).
/// </remarks>
internal sealed class TlsConnection : IConnection
{
    /// <summary>One segment of received bytes: two full TLS records.</summary>
    private const int SegmentBytes = 32_768;

    /// <summary>Less free room than this in a segment is left unused, so that records are not read in crumbs.</summary>
    private const int RoomMin = 8_192;

    private readonly HostPort _target;
    private readonly Socket _socket;
    private readonly SslStream _tls;
    private readonly TlsNetworkOptions _options;
    private readonly Pipe _received;
    private readonly TlsOutput _output;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _stopReading = new();
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private long _receivedBytes;
    private volatile bool _isAborted;
    private volatile bool _isClosing;
    private volatile bool _isPeerDone;
    private int _isDisposed;

    public TlsConnection(HostPort target, Socket socket, SslStream tls, TlsNetworkOptions options)
    {
        _target = target;
        _socket = socket;
        _tls = tls;
        _options = options;
        // Kept apart from its source, so that it can be asked after the end.
        Closed = _closed.Token;
        RemoteEndPoint = socket.RemoteEndPoint;
        LocalPort = (socket.LocalEndPoint as IPEndPoint)?.Port ?? 0;
        ServerName = target.Host.ToLowerInvariant();
        ApplicationProtocol = tls.NegotiatedApplicationProtocol.ToString();
        PeerCertificate = tls.RemoteCertificate as X509Certificate2;
        // Whoever waits for bytes goes on inside the reading loop: one thread hop less per answer.
        _received = new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.Inline,
            writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: options.ReadAheadBytes,
            resumeWriterThreshold: Math.Max(1, options.ReadAheadBytes / 2),
            minimumSegmentSize: SegmentBytes,
            useSynchronizationContext: false));
        _output = new TlsOutput(tls, Explain, Abort, Timeout.InfiniteTimeSpan, options.TimeProvider);
        _reading = ReadLoopAsync();
    }

    public PipeReader Input => _received.Reader;

    public PipeWriter Output => _output;

    public EndPoint? RemoteEndPoint { get; }

    public int LocalPort { get; }

    public string ServerName { get; }

    public string ApplicationProtocol { get; }

    public X509Certificate2? PeerCertificate { get; }

    public CancellationToken Closed { get; }

    public CancellationToken CloseRequested => CancellationToken.None;

    public (long Sent, long Received) Bytes => (_output.Sent, Volatile.Read(ref _receivedBytes));

    public void Abort()
    {
        if (!_isAborted)
        {
            _isAborted = true;
            // A reset instead of an orderly end: the peer learns at once that nothing more comes, whatever is still in flight.
            CloseSocket(isReset: true);
            _received.Writer.CancelPendingFlush();
        }
    }

    /// <summary>Sends close_notify, waits a short time for the peer's, and closes. A pending write is aborted.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            await _disposed.Task;
            return;
        }

        try
        {
            await CloseAsync();
        }
        finally
        {
            CloseSocket(isReset: false);
            await _tls.DisposeAsync();
            _closed.Dispose();
            _stopReading.Dispose();
            _disposed.SetResult();
        }
    }

    /// <summary>On return, however it ends, nothing of this connection works on the TLS stream any more.</summary>
    private async Task CloseAsync()
    {
        _isClosing = true;
        _stopReading.Cancel();
        _received.Writer.CancelPendingFlush();
        await _output.EndAsync();
        // Throws what a callback of Closed threw.
        await _reading;
        if (!_isPeerDone && !_isAborted && await TlsShutdown.TrySendAsync(_tls, _options.CloseTimeout, Abort, _options.TimeProvider))
        {
            Interlocked.Add(ref _receivedBytes, await TlsShutdown.LingerAsync(_tls, _options.CloseTimeout, long.MaxValue, _options.TimeProvider));
        }
    }

    private async Task ReadLoopAsync()
    {
        Exception? failure = null;
        try
        {
            while (true)
            {
                // Waits without holding a buffer: an idle connection keeps none.
                _ = await _tls.ReadAsync(Memory<byte>.Empty, _stopReading.Token);
                var count = await _tls.ReadAsync(_received.Writer.GetMemory(RoomMin), _stopReading.Token);
                if (count == 0)
                {
                    _isPeerDone = true;
                    break;
                }

                Interlocked.Add(ref _receivedBytes, count);
                _received.Writer.Advance(count);
                await _received.Writer.FlushAsync();
            }
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            failure = Explain(broken);
        }

        try
        {
            _closed.Cancel();
        }
        finally
        {
            // Whatever a callback of the token throws, nobody may be left waiting for bytes.
            _received.Writer.Complete(failure);
        }
    }

    private NetworkException? Explain(Exception failure) => _isAborted || _isClosing
        ? null
        : new NetworkException(NetworkFault.Closed, $"{_target} broke the connection: {Reason(failure)}", failure);

    private static string Reason(Exception failure) => failure.InnerException is SocketException { SocketErrorCode: var code } ? $"{code}." : failure.Message;

    private void CloseSocket(bool isReset)
    {
        try
        {
            if (isReset)
            {
                _socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }

            _socket.Dispose();
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // Closed already.
            _socket.Dispose();
        }
    }
}
