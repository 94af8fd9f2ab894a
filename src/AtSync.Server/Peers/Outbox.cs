using AtSync.Protocol;
using AtSync.Storage;

namespace AtSync.Server.Peers;

/// <summary>
/// Sends what hosted atSigns owe to others: one loop per pair of atSigns, alive while something waits. What waits is in the store, so a loop holds
/// nothing that could be lost, and a peer that does not answer holds up nobody else.
/// </summary>
internal sealed class Outbox(AtServerHost host, PeerHub hub) : IAsyncDisposable
{
    // Guards the loops.
    private readonly Lock _gate = new();
    private readonly Dictionary<(AtSign Own, AtSign Peer), OutboxLoop> _loops = [];
    private readonly HashSet<Task> _running = [];
    private bool _isStopped;

    /// <summary>Something of this atSign's waits. Never waits itself.</summary>
    public void Wake(AtSign own) => Track(StartAsync(own));

    /// <summary>Takes up what was left when the process ended, of every hosted atSign.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        await foreach (var hosted in host.Options.Storage.ListAsync(cancellationToken))
        {
            // Most hold no notification at all: nothing is opened for them.
            if (hosted.Notifications > 0)
            {
                Wake(hosted.AtSign);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            _isStopped = true;
            running = [.. _running];
        }

        await Task.WhenAll(running);
    }

    private async Task StartAsync(AtSign own)
    {
        try
        {
            if (await host.Options.Storage.FindAsync(own, hub.Stopping) is not { } store)
            {
                return;
            }

            foreach (var name in await store.Notifications.QueuedPeersAsync(hub.Stopping))
            {
                var peer = AtSign.Parse(name);
                lock (_gate)
                {
                    if (_loops.TryGetValue((own, peer), out var running))
                    {
                        running.Tell();
                        continue;
                    }
                }

                var loop = new OutboxLoop(store, peer, host, hub);
                lock (_gate)
                {
                    if (_isStopped || !_loops.TryAdd((own, peer), loop))
                    {
                        continue;
                    }
                }

                Track(RunAsync((own, peer), loop));
            }
        }
        catch (Exception failure) when (failure is StoreException or OperationCanceledException or ObjectDisposedException)
        {
            // The store says so in its own log, or the process ends; the next news or start looks again.
            Log.OutboxStopped(host.Logger, failure, own);
        }
    }

    private async Task RunAsync((AtSign Own, AtSign Peer) pair, OutboxLoop loop)
    {
        try
        {
            while (true)
            {
                loop.Look();
                await loop.DrainAsync(hub.Stopping);
                lock (_gate)
                {
                    // News that came after the last look is looked at before the loop ends.
                    if (!loop.HasNews)
                    {
                        _loops.Remove(pair);
                        return;
                    }
                }
            }
        }
        catch (Exception failure) when (failure is StoreException or OperationCanceledException or ObjectDisposedException)
        {
            Log.OutboxStopped(host.Logger, failure, pair.Own);
            lock (_gate)
            {
                _loops.Remove(pair);
            }
        }
    }

    private void Track(Task task)
    {
        if (task.IsCompleted)
        {
            return;
        }

        lock (_gate)
        {
            _running.Add(task);
        }

        task.ContinueWith(
            ended =>
            {
                lock (_gate)
                {
                    _running.Remove(ended);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
