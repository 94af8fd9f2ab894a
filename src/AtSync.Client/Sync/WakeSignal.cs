namespace AtSync.Client.Sync;

/// <summary>A one-slot signal that coalesces: reasons set while nobody waits are kept until somebody does. Set from anywhere, waited for by one loop.</summary>
internal sealed class WakeSignal(TimeProvider timeProvider)
{
    // Guards everything below.
    private readonly Lock _gate = new();
    private WakeReasons _reasons;
    private TaskCompletionSource? _waiter;

    /// <summary>Wakes the loop, or lets its next wait return at once.</summary>
    public void Set(WakeReasons reasons)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            _reasons |= reasons;
            waiter = _waiter;
            _waiter = null;
        }

        waiter?.TrySetResult();
    }

    /// <summary>Waits until one of the reasons is set, or the time is over, and takes all that are set.</summary>
    public async Task<WakeReasons> WaitAsync(WakeReasons awaited, TimeSpan longest, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(longest, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, time.Token);
        while (true)
        {
            TaskCompletionSource waiter;
            lock (_gate)
            {
                if ((_reasons & awaited) != 0 || time.IsCancellationRequested)
                {
                    var taken = _reasons;
                    _reasons = WakeReasons.None;
                    return taken;
                }

                // Continuations run elsewhere: the caller of Set is on its way to somebody else.
                waiter = _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            await using var stopped = stop.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), waiter);
            await waiter.Task;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}

/// <summary>Why a live engine wakes.</summary>
[Flags]
internal enum WakeReasons : byte
{
    /// <summary>Time passed.</summary>
    None = 0,

    /// <summary>Something was written in this process.</summary>
    Written = 1,

    /// <summary>The server has committed something.</summary>
    Committed = 2,

    /// <summary>A connection is over.</summary>
    Disconnected = 4,

    /// <summary>A process signalled: it wrote, or wishes for a round.</summary>
    Signalled = 8,

    /// <summary>A round that somebody asked for ended well.</summary>
    Recovered = 16,
}
