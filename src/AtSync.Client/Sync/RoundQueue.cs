namespace AtSync.Client.Sync;

/// <summary>
/// Single flight: at most one round runs and at most one waits behind it. A caller shares the running round while that has not read its positions yet,
/// and the waiting one afterwards, so that whatever the caller saw or wrote before the call is covered by the round it gets.
/// </summary>
internal sealed class RoundQueue(Func<RoundQueue.Round, Task<SyncResult>> run) : IAsyncDisposable
{
    // Guards everything below.
    private readonly Lock _gate = new();
    private Round? _running;
    private Round? _waiting;
    private Task _runner = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>Asks for a round. Its task never fails unobserved.</summary>
    public Task<SyncResult> Request(RoundWants wants)
    {
        Round round;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_running is { HasBegun: false } joinable)
            {
                joinable.Wants |= wants;
                return joinable.Task;
            }

            if (_running is not null)
            {
                _waiting ??= new Round(this);
                _waiting.Wants |= wants;
                return _waiting.Task;
            }

            round = _running = new Round(this) { Wants = wants };
        }

        var runner = RunAllAsync(round);
        lock (_gate)
        {
            // One that ended before it got here must not hide a later one.
            _runner = _runner.IsCompleted ? runner : Task.WhenAll(_runner, runner);
        }

        return round.Task;
    }

    /// <summary>No more rounds; waits for the running one, which the caller has cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        Task runner;
        lock (_gate)
        {
            _isDisposed = true;
            runner = _runner;
        }

        await runner;
    }

    private async Task RunAllAsync(Round? round)
    {
        while (round is not null)
        {
            SyncResult? result = null;
            Exception? failure = null;
            try
            {
                result = await run(round);
            }
            catch (Exception e)
            {
                failure = e;
            }

            Round done = round;
            lock (_gate)
            {
                round = _running = _waiting;
                _waiting = null;
            }

            done.Complete(result, failure);
        }
    }

    /// <summary>One round and those who wait for it.</summary>
    internal sealed class Round(RoundQueue queue)
    {
        private readonly TaskCompletionSource<SyncResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private RoundWants _wants;

        /// <summary>What its callers want; fixed once it has begun.</summary>
        public RoundWants Wants
        {
            get => _wants;
            set => _wants = value;
        }

        /// <summary>True once it has read its positions: whoever comes later gets another round.</summary>
        public bool HasBegun { get; private set; }

        /// <summary>How it ended.</summary>
        public Task<SyncResult> Task => _result.Task;

        /// <summary>Nobody may join any more.</summary>
        public void Begin()
        {
            lock (queue._gate)
            {
                HasBegun = true;
            }
        }

        public void Complete(SyncResult? result, Exception? failure)
        {
            if (failure is OperationCanceledException)
            {
                _result.SetCanceled();
            }
            else if (failure is not null)
            {
                _result.SetException(failure);
                _ = _result.Task.Exception;
            }
            else
            {
                _result.SetResult(result!);
            }
        }
    }
}

/// <summary>What a round is asked for.</summary>
[Flags]
internal enum RoundWants : byte
{
    /// <summary>Push what is due.</summary>
    Push = 0,

    /// <summary>Pull as well.</summary>
    Pull = 1,

    /// <summary>Somebody looks at the result, so that it is worth counting.</summary>
    Result = 2,
}
