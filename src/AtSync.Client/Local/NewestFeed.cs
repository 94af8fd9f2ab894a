using System.Threading.Channels;

namespace AtSync.Client.Local;

/// <summary>Hands the newest value to any number of readers; a slow one misses those between, never the last.</summary>
/// <typeparam name="T">What is told.</typeparam>
internal sealed class NewestFeed<T>
{
    // Guards the list; held only to swap the array.
    private readonly Lock _gate = new();
    private Channel<T>[] _readers = [];
    private bool _isClosed;

    public void Tell(T value)
    {
        foreach (var reader in Volatile.Read(ref _readers))
        {
            reader.Writer.TryWrite(value);
        }
    }

    public Subscription Subscribe()
    {
        var channel = Channel.CreateBounded<T>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_gate)
        {
            if (_isClosed)
            {
                channel.Writer.TryComplete();
            }
            else
            {
                _readers = [.. _readers, channel];
            }
        }

        return new Subscription(this, channel);
    }

    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            foreach (var reader in _readers)
            {
                reader.Writer.TryComplete();
            }

            _readers = [];
        }
    }

    private void Remove(Channel<T> channel)
    {
        lock (_gate)
        {
            _readers = [.. _readers.Where(other => other != channel)];
        }
    }

    /// <summary>One reader's end; dispose to stop listening.</summary>
    internal readonly struct Subscription(NewestFeed<T> feed, Channel<T> channel) : IDisposable
    {
        public ChannelReader<T> Values => channel.Reader;

        public void Dispose() => feed.Remove(channel);
    }
}
