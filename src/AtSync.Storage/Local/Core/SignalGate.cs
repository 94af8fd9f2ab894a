namespace AtSync.Storage.Local.Core;

/// <summary>A one-slot signal: any number of signals before a wait are one, and none is lost between two waits.</summary>
internal sealed class SignalGate
{
    private readonly Lock _sync = new(); // guards both fields
    private bool _isSet;
    private TaskCompletionSource? _waiting;

    /// <summary>Wakes all that wait, or the next that will.</summary>
    public void Set()
    {
        TaskCompletionSource? waiting;
        lock (_sync)
        {
            // Stays set until a waiter has really resumed: one that was cancelled meanwhile must not take the signal with it.
            _isSet = true;
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.TrySetResult();
    }

    /// <summary>Returns with the next signal, at once when there was one since the last wait; after <paramref name="longest"/> in any case, then with false.</summary>
    public async Task<bool> WaitAsync(TimeSpan longest, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task signal;
        lock (_sync)
        {
            if (_isSet)
            {
                _isSet = false;
                return true;
            }

            _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            signal = _waiting.Task;
        }

        try
        {
            await signal.WaitAsync(longest, timeProvider, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The safety poll: the caller looks for itself.
            return false;
        }

        lock (_sync)
        {
            _isSet = false;
        }

        return true;
    }
}
