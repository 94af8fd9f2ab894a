using System.IO.Pipelines;

namespace AtSync.Simulation;

/// <summary>
/// The writing half of one direction. It counts what it delivered and, like a socket, swallows what is written after the end instead of
/// throwing: the result says <see cref="FlushResult.IsCompleted"/>.
/// </summary>
internal sealed class MemoryOutput(Pipe pipe) : PipeWriter
{
    private static readonly FlushResult Over = new(isCanceled: false, isCompleted: true);
    private readonly PipeWriter _inner = pipe.Writer;
    private volatile bool _isOver;
    private byte[] _buffer = [];
    private int _buffered;
    private long _delivered;
    private volatile bool _isWaiting;
    private volatile bool _isFlushCanceled;

    /// <summary>Bytes that reached the other end.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Delivers so many bytes in all, then calls <see cref="LimitReached"/>; null for no limit.</summary>
    public long? Limit { get; set; }

    /// <summary>What happens at the limit.</summary>
    public Action? LimitReached { get; set; }

    /// <summary>Ends the connection: what happens when a write that has begun is cancelled.</summary>
    public Action? Aborting { get; set; }

    /// <summary>Ends the direction: the reader gets what was delivered and then the end, or <paramref name="failure"/> at once.</summary>
    public void End(Exception? failure)
    {
        _isOver = true;
        _inner.CancelPendingFlush();
        _inner.Complete(failure);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _buffered + Math.Max(sizeHint, 256);
        if (_buffer.Length < needed)
        {
            Array.Resize(ref _buffer, Math.Max(needed, _buffer.Length * 2));
        }

        return _buffer.AsMemory(_buffered);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _buffer.Length - _buffered);
        _buffered += bytes;
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _buffered;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var bytes = _buffer.AsMemory(0, _buffered);
        _buffered = 0;
        return DeliverAsync(bytes, cancellationToken);
    }

    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_buffered > 0)
        {
            source.CopyTo(GetMemory(source.Length));
            Advance(source.Length);
            return await FlushAsync(cancellationToken);
        }

        return await DeliverAsync(source, cancellationToken);
    }

    /// <summary>Releases a waiting write with <see cref="FlushResult.IsCanceled"/>; the connection ends with it, as over TLS.</summary>
    public override void CancelPendingFlush()
    {
        if (_isWaiting)
        {
            _isFlushCanceled = true;
            Aborting?.Invoke();
        }
    }

    /// <summary>Further writes go nowhere; the other end is told nothing, as over TLS. See <see cref="MemoryConnection.HalfClose"/>.</summary>
    public override void Complete(Exception? exception = null) => _isOver = true;

    private async ValueTask<FlushResult> DeliverAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_isOver)
        {
            return Over;
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (_isWaiting)
        {
            throw new InvalidOperationException("A write is pending on this connection; writes must not overlap.");
        }

        var reachesLimit = Limit is { } limit && _delivered + bytes.Length >= limit;
        if (reachesLimit)
        {
            bytes = bytes[..(int)Math.Max(0, Limit!.Value - _delivered)];
        }

        FlushResult result;
        try
        {
            // Counted first: with inline continuations the other end may look at the counter before this call returns.
            Interlocked.Add(ref _delivered, bytes.Length);
            var writing = _inner.WriteAsync(bytes, cancellationToken);
            // Marked only while it waits for room: the reader runs inside a write, and what it writes in turn is no overlap.
            _isWaiting = !writing.IsCompleted;
            result = await writing;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Aborting?.Invoke();
            throw;
        }
        catch (InvalidOperationException) when (_isOver)
        {
            // The other end went between the check and the write.
            return Over;
        }
        finally
        {
            _isWaiting = false;
        }

        if (reachesLimit)
        {
            LimitReached?.Invoke();
        }

        return _isFlushCanceled ? new FlushResult(isCanceled: true, isCompleted: true) : _isOver ? Over : result;
    }
}
