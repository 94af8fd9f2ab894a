namespace AtSync.Server.Sessions;

/// <summary>
/// A one-slot signal for one waiter: any number of <see cref="Set"/> before the waiter looks count once. The waiter never runs on the thread
/// that sets, so whoever commits does not do the work of those who follow.
/// </summary>
internal sealed class AsyncSignal
{
    // Guards both fields; nothing runs under it.
    private readonly Lock _gate = new();
    private TaskCompletionSource<bool>? _waiter;
    private bool _isSet;
    private bool _isClosed;

    public void Set()
    {
        TaskCompletionSource<bool>? waiter;
        lock (_gate)
        {
            waiter = _waiter;
            _waiter = null;
            _isSet = waiter is null;
        }

        waiter?.TrySetResult(true);
    }

    /// <summary>From now on every wait returns false.</summary>
    public void Close()
    {
        TaskCompletionSource<bool>? waiter;
        lock (_gate)
        {
            _isClosed = true;
            waiter = _waiter;
            _waiter = null;
        }

        waiter?.TrySetResult(false);
    }

    /// <summary>True when it was set since the last wait; false once closed.</summary>
    public ValueTask<bool> WaitAsync()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return ValueTask.FromResult(false);
            }

            if (_isSet)
            {
                _isSet = false;
                return ValueTask.FromResult(true);
            }

            _waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask<bool>(_waiter.Task);
        }
    }
}
