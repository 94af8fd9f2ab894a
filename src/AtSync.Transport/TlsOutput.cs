using System.Buffers;
using System.IO.Pipelines;

namespace AtSync.Transport;

/// <summary>
/// Writes to a TLS stream so that one flush is one write of the stream: what was buffered lies in one piece, and up to 16,384 bytes leave as
/// one TLS record. Nothing is held between flushes.
/// </summary>
/// <param name="stream">The stream after its handshake.</param>
/// <param name="explain">The exception to throw for a failed write; null reports the end in the flush result instead.</param>
/// <param name="abort">Ends the connection.</param>
/// <param name="stallTimeout">How long the peer may take no bytes before <paramref name="abort"/>; infinite for never.</param>
/// <param name="timeProvider">The clock of <paramref name="stallTimeout"/>.</param>
internal sealed class TlsOutput(
    Stream stream, Func<Exception, Exception?> explain, Action abort, TimeSpan stallTimeout, TimeProvider timeProvider) : PipeWriter
{
    /// <summary>A long write goes in steps of this size, four full records, so that a slow peer that still takes bytes is not a stalled one.</summary>
    private const int StepBytes = 65_536;

    private static readonly FlushResult PeerGone = new(isCanceled: false, isCompleted: true);
    private readonly OperationGate _gate = new();
    private byte[]? _buffer;
    private int _buffered;
    private long _sent;
    private volatile bool _isOver;
    private volatile bool _isFlushCanceled;
    private ITimer? _stall;

    /// <summary>Bytes handed to TLS so far.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>True while a write is under way.</summary>
    public bool IsWriting => _gate.IsBusy;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _buffered;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _buffered + Math.Max(sizeHint, 1);
        if (_buffer is null || _buffer.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(4096, _buffered * 2)));
            _buffer.AsSpan(0, _buffered).CopyTo(larger);
            ReturnBuffer();
            _buffer = larger;
        }

        return _buffer.AsMemory(_buffered);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_buffer?.Length ?? 0) - _buffered);
        _buffered += bytes;
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_buffered == 0)
        {
            return _isOver ? PeerGone : default;
        }

        var count = _buffered;
        _buffered = 0;
        try
        {
            return await SendAsync(_buffer.AsMemory(0, count), cancellationToken);
        }
        finally
        {
            ReturnBuffer();
        }
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_buffered == 0)
        {
            return source.IsEmpty ? new ValueTask<FlushResult>(_isOver ? PeerGone : default) : SendAsync(source, cancellationToken);
        }

        source.CopyTo(GetMemory(source.Length));
        _buffered += source.Length;
        return FlushAsync(cancellationToken);
    }

    /// <summary>Releases a pending write with <see cref="FlushResult.IsCanceled"/>; the connection ends with it, since half of it may have left.</summary>
    public override void CancelPendingFlush()
    {
        if (IsWriting)
        {
            _isFlushCanceled = true;
            abort();
        }
    }

    /// <summary>Further writes go nowhere. The connection itself goes on until it is disposed.</summary>
    public override void Complete(Exception? exception = null) => _isOver = true;

    /// <summary>
    /// Ends writing for good: on return no write is under way and none begins. One the peer did not take ends the connection, since nothing
    /// can follow half a record.
    /// </summary>
    public async ValueTask EndAsync()
    {
        _isOver = true;
        var idle = _gate.EndAsync();
        if (!idle.IsCompleted)
        {
            abort();
            await idle;
        }

        _stall?.Dispose();
    }

    private async ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_isOver)
        {
            return PeerGone;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (!_gate.TryEnter())
        {
            return PeerGone;
        }

        var isWatched = false;
        try
        {
            while (!bytes.IsEmpty)
            {
                var step = bytes[..Math.Min(bytes.Length, StepBytes)];
                var sending = stream.WriteAsync(step, cancellationToken);
                if (sending.IsCompletedSuccessfully)
                {
                    sending.GetAwaiter().GetResult();
                }
                else
                {
                    isWatched = true;
                    WatchForStall(true);
                    await sending;
                }

                Interlocked.Add(ref _sent, step.Length);
                bytes = bytes[step.Length..];
                if (_isOver)
                {
                    // Kestrel takes bytes for a connection that is gone and drops them: only its end tells.
                    return _isFlushCanceled ? new FlushResult(isCanceled: true, isCompleted: true) : PeerGone;
                }
            }

            return default;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nothing more may follow a record that is half out.
            _isOver = true;
            abort();
            throw;
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or InvalidOperationException)
        {
            _isOver = true;
            if (_isFlushCanceled)
            {
                return new FlushResult(isCanceled: true, isCompleted: true);
            }

            return explain(failure) is { } explained ? throw explained : PeerGone;
        }
        finally
        {
            if (isWatched)
            {
                WatchForStall(false);
            }

            _gate.Leave();
        }
    }

    private void WatchForStall(bool isOn)
    {
        if (stallTimeout == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        if (isOn)
        {
            _stall ??= timeProvider.CreateTimer(static state => ((Action)state!)(), abort, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _stall.Change(stallTimeout, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _stall?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void ReturnBuffer()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
