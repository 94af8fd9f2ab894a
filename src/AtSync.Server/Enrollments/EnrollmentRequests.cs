namespace AtSync.Server.Enrollments;

/// <summary>Counts the requests of strangers for one atSign, from wherever they come.</summary>
internal sealed class EnrollmentRequests(TimeProvider clock, Func<AtServerLimits> limits)
{
    // Guards the queue, which never holds more than the limit.
    private readonly Lock _gate = new();
    private readonly Queue<DateTimeOffset> _times = [];

    /// <summary>False when there were too many of late.</summary>
    public bool TryCount()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            while (_times.TryPeek(out var oldest) && now - oldest >= limits().EnrollmentRequestsWindow)
            {
                _times.Dequeue();
            }

            if (_times.Count >= limits().EnrollmentRequestsPerAtSignMax)
            {
                return false;
            }

            _times.Enqueue(now);
            return true;
        }
    }
}
