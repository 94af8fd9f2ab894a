namespace AtSync.Storage.Local.Sqlite;

/// <summary>
/// Lets concurrent writers of one process share a transaction and its fsync. The writer that finds nobody at work leads: it commits what
/// waits, on its own thread and at once. Whoever comes meanwhile waits; when the leader is done the first of them leads the next group.
/// A lone writer never waits for company, and there is no thread of our own.
/// </summary>
internal sealed class CommitQueue(Action<IReadOnlyList<CommitQueue.Request>> commit)
{
    /// <summary>Requests per transaction, so that the first does not wait for an endless group.</summary>
    private const int GroupMax = 256;

    private readonly Lock _sync = new(); // guards the fields below
    private readonly LinkedList<Request> _waiting = [];
    private bool _isBusy;
    private bool _isClosed;
    private TaskCompletionSource? _idle;

    /// <summary>Commits the request, alone or with others. On return it is done; cancelling works only until its group has begun.</summary>
    public async ValueTask RunAsync(Request request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!TryLead(request))
        {
            bool leads;
            await using (cancellationToken.UnsafeRegister(static state => ((Request)state!).Queue.Cancel((Request)state), request))
            {
                leads = await request.Turn.Task;
            }

            if (!leads)
            {
                request.ThrowIfFailed(cancellationToken);
                return;
            }
        }

        Lead();
        request.ThrowIfFailed(cancellationToken);
    }

    /// <summary>Refuses new requests and returns when the last one is done.</summary>
    public Task CloseAsync()
    {
        lock (_sync)
        {
            _isClosed = true;
            if (!_isBusy)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    private bool TryLead(Request request)
    {
        lock (_sync)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(SqliteLocalStore));
            request.Queue = this;
            _waiting.AddLast(request);
            if (_isBusy)
            {
                request.Turn = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                return false;
            }

            return _isBusy = true;
        }
    }

    private void Lead()
    {
        var group = TakeGroup();
        try
        {
            commit(group);
        }
        finally
        {
            foreach (var request in group)
            {
                request.Turn?.TrySetResult(false);
            }

            PassOn();
        }
    }

    /// <summary>Requests that must be fsynced go together; one that need not be goes alone, for it is large.</summary>
    private List<Request> TakeGroup()
    {
        var group = new List<Request>();
        lock (_sync)
        {
            while (_waiting.First is { } next && group.Count < GroupMax
                && (group.Count == 0 || (group[0].Durability == Durability.Fsynced && next.Value.Durability == Durability.Fsynced)))
            {
                _waiting.RemoveFirst();
                group.Add(next.Value);
            }
        }

        return group;
    }

    private void PassOn()
    {
        TaskCompletionSource? idle;
        lock (_sync)
        {
            if (_waiting.First is { } next)
            {
                // Under the lock, so that a cancellation either comes before the choice or finds it made.
                next.Value.Turn.TrySetResult(true);
                return;
            }

            _isBusy = false;
            idle = _idle;
        }

        idle?.TrySetResult();
    }

    private void Cancel(Request request)
    {
        lock (_sync)
        {
            // The one whose turn it is has been chosen to lead; it only drops its own work.
            if (!_waiting.Contains(request) || request.Turn.Task.IsCompleted)
            {
                return;
            }

            _waiting.Remove(request);
            request.Failure = new OperationCanceledException();
        }

        request.Turn.TrySetResult(false);
    }

    /// <summary>One caller's work.</summary>
    internal abstract class Request(Durability durability)
    {
        public Durability Durability { get; } = durability;

        public Exception? Failure { get; set; }

        internal CommitQueue Queue { get; set; } = null!;

        /// <summary>True: lead. False: done. Null for the writer that leads at once.</summary>
        internal TaskCompletionSource<bool> Turn { get; set; } = null!;

        /// <summary>Does the work inside the group's transaction. May be called again when the group has to be repeated without another request.</summary>
        public abstract void Run(Core.LocalCore core);

        public void ThrowIfFailed(CancellationToken cancellationToken)
        {
            if (Failure is OperationCanceledException && cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }

            if (Failure is not null)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(Failure);
            }
        }
    }

    /// <summary>Work with a result.</summary>
    internal sealed class Request<T>(Func<Core.LocalCore, T> work, Durability durability) : Request(durability)
    {
        public T Result { get; private set; } = default!;

        public override void Run(Core.LocalCore core) => Result = work(core);
    }
}
