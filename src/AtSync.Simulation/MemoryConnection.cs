using System.IO.Pipelines;
using System.Net;
using AtSync.Transport;

namespace AtSync.Simulation;

/// <summary>
/// One end of a connection without a network: two crossed pipes. It behaves like the TLS one: after the peer closed in order, reading gives
/// the rest and then the end; after a cut, the dialled end's read throws <see cref="NetworkException"/> with <see cref="NetworkFault.Closed"/>
/// while the accepted end just sees the end; writing to a peer that is gone is swallowed and reported by <see cref="FlushResult.IsCompleted"/>.
/// </summary>
public sealed class MemoryConnection : IConnection
{
    private readonly MemoryOutput _output;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _closeRequested = new();
    private readonly bool _isDialled;
    private MemoryConnection _peer = null!;
    private int _isOver;

    private MemoryConnection(PipeReader input, MemoryOutput output, bool isDialled, MemoryConnectionOptions options)
    {
        Input = input;
        _output = output;
        _output.Aborting = Abort;
        _isDialled = isDialled;
        ServerName = options.ServerName;
        ApplicationProtocol = options.ApplicationProtocol;
        LocalPort = isDialled ? 0 : options.LocalPort;
        RemoteEndPoint = isDialled ? new DnsEndPoint(options.ServerName.Length == 0 ? "memory" : options.ServerName, options.LocalPort) : options.DialledFrom;
    }

    /// <summary>Makes both ends of one connection.</summary>
    public static (MemoryConnection Dialled, MemoryConnection Accepted) CreatePair(MemoryConnectionOptions? options = null)
    {
        options ??= new MemoryConnectionOptions();
        var pipeOptions = new PipeOptions(
            readerScheduler: options.Scheduler,
            writerScheduler: options.Scheduler,
            pauseWriterThreshold: options.BackPressureBytes,
            resumeWriterThreshold: Math.Max(1, options.BackPressureBytes / 2),
            useSynchronizationContext: false);
        var toAccepted = new Pipe(pipeOptions);
        var toDialled = new Pipe(pipeOptions);
        var dialled = new MemoryConnection(toDialled.Reader, new MemoryOutput(toAccepted), isDialled: true, options);
        var accepted = new MemoryConnection(toAccepted.Reader, new MemoryOutput(toDialled), isDialled: false, options);
        dialled._peer = accepted;
        accepted._peer = dialled;
        return (dialled, accepted);
    }

    /// <inheritdoc/>
    public PipeReader Input { get; }

    /// <inheritdoc/>
    public PipeWriter Output => _output;

    /// <inheritdoc/>
    public EndPoint? RemoteEndPoint { get; set; }

    /// <inheritdoc/>
    public int LocalPort { get; set; }

    /// <inheritdoc/>
    public string ServerName { get; set; }

    /// <inheritdoc/>
    public string ApplicationProtocol { get; set; }

    /// <inheritdoc/>
    public CancellationToken Closed => _closed.Token;

    /// <inheritdoc/>
    public CancellationToken CloseRequested => _closeRequested.Token;

    /// <inheritdoc/>
    public (long Sent, long Received) Bytes => (_output.Delivered, _peer._output.Delivered);

    /// <summary>True once either end closed or the connection was cut.</summary>
    public bool IsOver => Volatile.Read(ref _isOver) != 0;

    /// <summary>What a draining listener does: cancels <see cref="CloseRequested"/> of this end.</summary>
    public void RequestClose() => _closeRequested.Cancel();

    /// <summary>Closes this end's direction only: the peer reads what was written, then the end, and can still answer. Over TLS some clients do this.</summary>
    public void HalfClose()
    {
        if (!IsOver)
        {
            _output.End(failure: null);
            _peer._closed.Cancel();
        }
    }

    /// <summary>Breaks the connection like a pulled cable: bytes the dialled end has not read are lost. Does nothing when it is over.</summary>
    public void Cut() => End(BrokenLink());

    /// <summary>Cuts as soon as this end has sent so many bytes in all; the byte with that number is the last to arrive.</summary>
    /// <param name="bytes">Counted from the start of the connection; 0 cuts at the next write.</param>
    public void CutAfterSent(long bytes)
    {
        _output.LimitReached = Cut;
        _output.Limit = bytes;
    }

    /// <summary>Cuts as soon as this end has been sent so many bytes in all.</summary>
    /// <param name="bytes">Counted from the start of the connection; 0 cuts at the peer's next write.</param>
    public void CutAfterReceived(long bytes) => _peer.CutAfterSent(bytes);

    /// <inheritdoc/>
    public void Abort()
    {
        if (_isDialled)
        {
            // Whoever aborts knows it: only the other end is surprised, and the accepting one is not told by an exception.
            End(toDialled: null);
        }
        else
        {
            End(BrokenLink());
        }
    }

    /// <summary>Closes in order: the peer reads what was written, then the end.</summary>
    public ValueTask DisposeAsync()
    {
        End(toDialled: null);
        return ValueTask.CompletedTask;
    }

    private static NetworkException BrokenLink() => new(NetworkFault.Closed, "The peer broke the connection.");

    private void End(Exception? toDialled)
    {
        // Both ends share one fate; the dialled end keeps the record of it.
        var (dialled, accepted) = _isDialled ? (this, _peer) : (_peer, this);
        if (Interlocked.Exchange(ref dialled._isOver, 1) != 0)
        {
            return;
        }

        Volatile.Write(ref accepted._isOver, 1);
        dialled._output.End(failure: null);
        accepted._output.End(toDialled);
        accepted._closed.Cancel();
        dialled._closed.Cancel();
    }
}
