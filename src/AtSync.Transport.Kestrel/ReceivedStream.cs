using System.Net.Security;
using System.Runtime.CompilerServices;

namespace AtSync.Transport.Kestrel;

/// <summary>
/// The reading half of a TLS stream, counted. A peer that resets, or a connection that was aborted, is the end of the stream: it happens all
/// the time, and handlers would treat it as the end anyway.
/// </summary>
internal sealed class ReceivedStream(SslStream tls) : Stream
{
    private readonly OperationGate _gate = new();
    private long _count;

    /// <summary>Bytes read so far.</summary>
    public long Count => Volatile.Read(ref _count);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>From now on reading gives the end. Completes when no read is under way; to cancel one is the caller's part.</summary>
    public Task EndAsync() => _gate.EndAsync();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_gate.TryEnter())
        {
            return 0;
        }

        try
        {
            var count = await tls.ReadAsync(buffer, cancellationToken);
            Interlocked.Add(ref _count, count);
            return count;
        }
        catch (Exception failure) when (IsEnd(failure, cancellationToken))
        {
            return 0;
        }
        finally
        {
            _gate.Leave();
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    // Kestrel tells of an abort by a kind of OperationCanceledException, which is not the caller's cancellation.
    private static bool IsEnd(Exception failure, CancellationToken cancellationToken) => failure switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        IOException or InvalidOperationException => true,
        _ => false,
    };
}
