using System.Net.Security;

namespace AtSync.Transport.Tests;

/// <summary>A TLS stream that notices when it is shut down or disposed while a read or a write is under way, which OpenSSL does not survive.</summary>
internal sealed class WatchedTls(Stream inner) : SslStream(inner)
{
    private readonly List<string> _faults = [];
    private int _reads;
    private int _writes;

    public int Shutdowns { get; private set; }

    public bool IsDisposed { get; private set; }

    public bool IsReading => Volatile.Read(ref _reads) > 0;

    public bool IsWriting => Volatile.Read(ref _writes) > 0;

    /// <summary>What happened beside a read or write; must stay empty.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_faults)
            {
                return [.. _faults];
            }
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _reads);
        try
        {
            return await base.ReadAsync(buffer, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _reads);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _writes);
        try
        {
            await base.WriteAsync(buffer, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _writes);
        }
    }

    public override Task ShutdownAsync()
    {
        Check("shut down");
        Shutdowns++;
        return base.ShutdownAsync();
    }

    public override ValueTask DisposeAsync()
    {
        Check("disposed");
        IsDisposed = true;
        return base.DisposeAsync();
    }

    private void Check(string what)
    {
        lock (_faults)
        {
            if (IsReading)
            {
                _faults.Add($"{what} during a read");
            }

            if (IsWriting)
            {
                _faults.Add($"{what} during a write");
            }
        }
    }
}
