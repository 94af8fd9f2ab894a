using System.Threading.Channels;
using AtSync.Protocol;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Local;

/// <summary>
/// Hands changes to any number of readers, each behind a bounded queue of its own. Telling never waits: a reader whose queue is full is ended, so that
/// a slow one costs nobody anything.
/// </summary>
internal sealed class ChangeFeed(int queueMax, ILogger log)
{
    // Guards the list; held only to copy a reference or to swap the array.
    private readonly Lock _gate = new();
    private Reader[] _readers = [];
    private bool _isClosed;

    /// <summary>True when somebody listens: tells producers whether to build the changes at all.</summary>
    public bool HasReaders => Volatile.Read(ref _readers).Length > 0;

    /// <summary>Tells every reader. Call after the changes are durable.</summary>
    public void Tell(ReadOnlySpan<RecordChange> changes)
    {
        foreach (var reader in Volatile.Read(ref _readers))
        {
            foreach (var change in changes)
            {
                if (reader.Filter?.IsMatch(change.Key.Full) == false)
                {
                    continue;
                }

                if (!reader.Queue.Writer.TryWrite(change))
                {
                    End(reader);
                    break;
                }
            }
        }
    }

    /// <summary>A new reader of what is told from now on.</summary>
    public Subscription Subscribe(KeyFilter? filter)
    {
        var queue = Channel.CreateBounded<RecordChange>(new BoundedChannelOptions(queueMax) { SingleReader = true });
        var reader = new Reader(queue, filter);
        lock (_gate)
        {
            if (_isClosed)
            {
                queue.Writer.TryComplete();
            }
            else
            {
                _readers = [.. _readers, reader];
            }
        }

        return new Subscription(this, reader);
    }

    /// <summary>Ends every reader in order: what was told before is still read.</summary>
    public void Close()
    {
        Reader[] readers;
        lock (_gate)
        {
            _isClosed = true;
            readers = _readers;
            _readers = [];
        }

        foreach (var reader in readers)
        {
            reader.Queue.Writer.TryComplete();
        }
    }

    private void End(Reader reader)
    {
        var failure = new AtException(AtFault.FellBehind,
            $"The reader of changes is more than {queueMax} changes behind and was ended. List the records again, then watch anew.");
        if (reader.Queue.Writer.TryComplete(failure))
        {
            Log.WatcherFellBehind(log, queueMax);
        }

        Remove(reader);
    }

    private void Remove(Reader reader)
    {
        lock (_gate)
        {
            _readers = [.. _readers.Where(other => other != reader)];
        }
    }

    internal sealed record Reader(Channel<RecordChange> Queue, KeyFilter? Filter);

    /// <summary>One reader's end; dispose to stop listening.</summary>
    internal readonly struct Subscription(ChangeFeed feed, Reader reader) : IDisposable
    {
        public ChannelReader<RecordChange> Changes => reader.Queue.Reader;

        public void Dispose() => feed.Remove(reader);
    }
}
