namespace AtSync.Transport;

/// <summary>
/// One half of a TLS stream: one operation at a time, and an end after which none begins. Whoever closes a connection ends both halves first:
/// an SslStream's shutdown and dispose work on OpenSSL's object without the lock that reads and writes share, so that a read under way on
/// another thread corrupts memory (seen with .NET 10 as a segmentation fault and as a double free).
/// </summary>
internal sealed class OperationGate
{
    private const int Busy = 1;
    private const int Ended = 2;

    private int _state;
    private TaskCompletionSource? _idle;

    /// <summary>True while an operation is under way.</summary>
    public bool IsBusy => (Volatile.Read(ref _state) & Busy) != 0;

    /// <summary>Begins an operation, to be followed by <see cref="Leave"/>; false once ended.</summary>
    /// <exception cref="InvalidOperationException">One is under way.</exception>
    public bool TryEnter()
    {
        var before = Interlocked.CompareExchange(ref _state, Busy, 0);
        return before != Busy
            ? before == 0
            : throw new InvalidOperationException("A read or write of the same kind is pending on this connection; they must not overlap.");
    }

    /// <summary>The operation is over, however it went.</summary>
    public void Leave()
    {
        if (Interlocked.And(ref _state, ~Busy) == (Busy | Ended))
        {
            _idle!.TrySetResult();
        }
    }

    /// <summary>From now on nothing begins. Completes when nothing is under way; to hurry what is, is the caller's part. May be called again.</summary>
    public Task EndAsync()
    {
        // There before the flag: whoever leaves and sees the flag completes it.
        Interlocked.CompareExchange(ref _idle, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);
        return (Interlocked.Or(ref _state, Ended) & Busy) == 0 ? Task.CompletedTask : _idle.Task;
    }
}
