namespace AtSync.Client.Remote;

/// <summary>
/// Requests on their way, oldest first: answers come in the order of the requests, so the first one waiting owns the next answer. May be used concurrently.
/// </summary>
internal sealed class PendingRequests
{
    // Guards everything below.
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<ReadOnlyMemory<byte>>> _queue = new();
    private AtException? _failure;

    /// <summary>Why there will be no more answers, or null.</summary>
    public AtException? Failure
    {
        get
        {
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>Requests without an answer.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Adds a request just before it is written.</summary>
    /// <exception cref="AtException">The connection is over.</exception>
    public Task<ReadOnlyMemory<byte>> Add()
    {
        // Waiters go on elsewhere: what they do with an answer must not hold up the reading of the next one.
        var request = new TaskCompletionSource<ReadOnlyMemory<byte>>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw _failure.Copy();
            }

            _queue.Enqueue(request);
        }

        return request.Task;
    }

    /// <summary>Gives an answer to the oldest request; false when nobody waits.</summary>
    public bool TryAnswer(ReadOnlyMemory<byte> payload, AtException? refusal)
    {
        TaskCompletionSource<ReadOnlyMemory<byte>>? request;
        lock (_gate)
        {
            if (!_queue.TryDequeue(out request))
            {
                return false;
            }
        }

        if (refusal is null)
        {
            request.SetResult(payload);
        }
        else
        {
            request.SetException(refusal);
            Observe(request.Task);
        }

        return true;
    }

    /// <summary>Fails everything that waits and everything that comes. Only the first cause counts; false for a later one.</summary>
    public bool Fail(AtException failure)
    {
        TaskCompletionSource<ReadOnlyMemory<byte>>[] waiting;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return false;
            }

            _failure = failure;
            waiting = [.. _queue];
            _queue.Clear();
        }

        foreach (var request in waiting)
        {
            request.SetException(failure.Copy());
            Observe(request.Task);
        }

        return true;
    }

    /// <summary>A caller that was cancelled no longer looks at its answer; that is no unobserved failure.</summary>
    private static void Observe(Task task) => _ = task.Exception;
}
