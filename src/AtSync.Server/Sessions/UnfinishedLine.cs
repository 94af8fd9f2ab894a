namespace AtSync.Server.Sessions;

/// <summary>
/// The part of a line that has arrived without its end. Before authentication its bytes count in the server's total: strangers must not be able
/// to make it hold a megabyte for each of their connections.
/// </summary>
internal sealed class UnfinishedLine(UnfinishedInput total)
{
    private long _counted;

    public bool IsThere { get; private set; }

    /// <summary>So much of a line waits for its end, 0 for none. False when all unauthenticated connections together hold too much.</summary>
    public bool TryHold(long bytes, bool isCounted, long totalMax)
    {
        IsThere = bytes > 0;
        var counted = isCounted ? bytes : 0;
        var more = counted - _counted;
        _counted = counted;
        return total.Add(more) <= totalMax || more <= 0;
    }

    /// <summary>The connection ends.</summary>
    public void End() => TryHold(0, isCounted: false, long.MaxValue);
}

/// <summary>Bytes of unfinished lines of all unauthenticated connections of the server. May be used concurrently.</summary>
internal sealed class UnfinishedInput
{
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    public long Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
