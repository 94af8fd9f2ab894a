using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace AtSync.Transport.Kestrel;

/// <summary>
/// One accepted TLS connection. Reading is pull-driven: while the handler does not read, at most Kestrel's own buffer fills, so pipelining
/// without bound is no danger. Nothing is held while it waits for bytes.
/// </summary>
internal sealed class AcceptedConnection : IConnection
{
    /// <summary>One segment of received bytes: a full TLS record.</summary>
    private const int SegmentBytes = 16_384;

    /// <summary>Less free room than this in a segment is left unused.</summary>
    private const int RoomMin = 4_096;

    /// <summary>How long a close_notify may take to leave.</summary>
    private static readonly TimeSpan CloseNotifyTimeout = TimeSpan.FromSeconds(1);

    /// <summary>How long the peer's last bytes are taken and dropped after our end, so that no reset of the kernel destroys our last words...</summary>
    private static readonly TimeSpan LingerTime = TimeSpan.FromMilliseconds(250);

    /// <summary>...and how many.</summary>
    private const int LingerBytesMax = 1_048_576;

    private readonly ConnectionContext _context;
    private readonly SslStream _tls;
    private readonly TimeProvider _timeProvider;
    private readonly ReceivedStream _received;
    private readonly TlsOutput _output;
    private readonly PeerProof? _proof;
    private volatile bool _isAborted;
    private int _isDisposed;

    public AcceptedConnection(ConnectionContext context, SslStream tls, KestrelListenerOptions options)
    {
        _context = context;
        _tls = tls;
        _timeProvider = options.TimeProvider;
        WriteTimeout = options.WriteTimeout;
        _received = new ReceivedStream(tls);
        Input = PipeReader.Create(_received, new StreamPipeReaderOptions(
            MemoryPool<byte>.Shared, SegmentBytes, RoomMin, leaveOpen: true, useZeroByteReads: true));
        // A peer that is gone is told by the flush result: for a listener it is no exception.
        _output = new TlsOutput(tls, static _ => null, Abort, options.WriteTimeout, options.TimeProvider);
        _proof = context.Features.Get<PeerProof>();
        ServerName = tls.TargetHostName.ToLowerInvariant();
        ApplicationProtocol = tls.NegotiatedApplicationProtocol.ToString();
        CloseRequested = context.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().ConnectionClosedRequested;
    }

    public PipeReader Input { get; }

    public PipeWriter Output => _output;

    public EndPoint? RemoteEndPoint => _context.RemoteEndPoint;

    public int LocalPort => (_context.LocalEndPoint as IPEndPoint)?.Port ?? 0;

    public string ServerName { get; }

    public string ApplicationProtocol { get; }

    public CancellationToken Closed => _context.ConnectionClosed;

    public CancellationToken CloseRequested { get; }

    public X509Certificate2? PeerCertificate => _proof?.Certificate;

    public (long Sent, long Received) Bytes => (_output.Sent, _received.Count);

    /// <summary>How long the peer may take no bytes; of the time when it came.</summary>
    public TimeSpan WriteTimeout { get; }

    /// <summary>The peer is gone, somebody aborted, or the listener drains: what a handler throws now is no fault of its own.</summary>
    public bool IsEnding => _isAborted || Closed.IsCancellationRequested || CloseRequested.IsCancellationRequested;

    public void Abort()
    {
        if (!_isAborted)
        {
            _isAborted = true;
            _output.Complete();
            _context.Abort();
        }
    }

    /// <summary>Sends close_notify and takes the peer's last bytes for a moment. Kestrel closes the socket when the middleware returns.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        // From here on the stream is this method's alone; OperationGate says why. A write that the handler left behind aborts the connection,
        // a read just ends.
        await _output.EndAsync();
        var idle = _received.EndAsync();
        if (!idle.IsCompleted)
        {
            Input.CancelPendingRead();
            await idle;
        }

        if (!_isAborted
            && await TlsShutdown.TrySendAsync(_tls, CloseNotifyTimeout, Abort, _timeProvider)
            && !CloseRequested.IsCancellationRequested)
        {
            await TlsShutdown.LingerAsync(_tls, LingerTime, LingerBytesMax, _timeProvider);
        }
    }
}
