using System.IO.Pipelines;
using System.Net;
using AtSync.Transport;

namespace AtSync.Bench.Devices;

/// <summary>Counts application bytes and round trips over every connection that is dialled through it.</summary>
internal sealed class CountingNetwork(INetwork inner) : INetwork
{
    private readonly Lock _gate = new();
    private readonly List<CountingConnection> _connections = [];

    /// <summary>Bytes of both directions after the handshakes, and how often something was received after something had been sent.</summary>
    public (long Bytes, long RoundTrips) Totals
    {
        get
        {
            lock (_gate)
            {
                return (_connections.Sum(c => c.Bytes.Sent + c.Bytes.Received), _connections.Sum(c => c.RoundTrips));
            }
        }
    }

    public async ValueTask<IConnection> DialAsync(HostPort target, CancellationToken cancellationToken)
    {
        var connection = new CountingConnection(await inner.DialAsync(target, cancellationToken));
        lock (_gate)
        {
            _connections.Add(connection);
        }

        return connection;
    }

    private sealed class CountingConnection : IConnection
    {
        private readonly IConnection _inner;
        private int _hasSent;
        private long _roundTrips;

        public CountingConnection(IConnection inner)
        {
            _inner = inner;
            Input = new CountingReader(inner.Input, this);
            Output = new CountingWriter(inner.Output, this);
        }

        public PipeReader Input { get; }

        public PipeWriter Output { get; }

        public EndPoint? RemoteEndPoint => _inner.RemoteEndPoint;

        public int LocalPort => _inner.LocalPort;

        public string ServerName => _inner.ServerName;

        public string ApplicationProtocol => _inner.ApplicationProtocol;

        public CancellationToken Closed => _inner.Closed;

        public CancellationToken CloseRequested => _inner.CloseRequested;

        public (long Sent, long Received) Bytes => _inner.Bytes;

        public long RoundTrips => Interlocked.Read(ref _roundTrips);

        public void Abort() => _inner.Abort();

        public ValueTask DisposeAsync() => _inner.DisposeAsync();

        private void Sent() => Volatile.Write(ref _hasSent, 1);

        private void Received()
        {
            if (Interlocked.Exchange(ref _hasSent, 0) == 1)
            {
                Interlocked.Increment(ref _roundTrips);
            }
        }

        private sealed class CountingReader(PipeReader inner, CountingConnection owner) : PipeReader
        {
            public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

            public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

            public override void CancelPendingRead() => inner.CancelPendingRead();

            public override void Complete(Exception? exception = null) => inner.Complete(exception);

            public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
            {
                var result = await inner.ReadAsync(cancellationToken);
                owner.Received();
                return result;
            }

            public override bool TryRead(out ReadResult result)
            {
                var isRead = inner.TryRead(out result);
                if (isRead)
                {
                    owner.Received();
                }

                return isRead;
            }
        }

        private sealed class CountingWriter(PipeWriter inner, CountingConnection owner) : PipeWriter
        {
            public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

            public override long UnflushedBytes => inner.UnflushedBytes;

            public override void Advance(int bytes) => inner.Advance(bytes);

            public override void CancelPendingFlush() => inner.CancelPendingFlush();

            public override void Complete(Exception? exception = null) => inner.Complete(exception);

            public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

            public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

            public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
            {
                owner.Sent();
                return inner.FlushAsync(cancellationToken);
            }

            public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
            {
                owner.Sent();
                return inner.WriteAsync(source, cancellationToken);
            }
        }
    }
}
