using AtSync.Client.Sync;
using AtSync.Protocol;
using AtSync.Storage.Local;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Local;

/// <summary>
/// One reader of changes: follows the store with a position of its own, woken by the store's signal, so that what other processes wrote or pulled is told
/// as well and a slow reader costs nobody anything. For one reader at a time.
/// </summary>
internal sealed class ChangeWatch(LocalWatch watch, KeyFilter? filter, SignalPump signals, TimeProvider timeProvider, ILogger log, CancellationToken stopping) : IDisposable
{
    private const int PageChanges = 256;

    private long? _renewed;

    /// <summary>The next changes, at least one; null when the client was closed.</summary>
    /// <exception cref="AtException"><see cref="AtFault.FellBehind"/>.</exception>
    public async Task<IReadOnlyList<RecordChange>?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                // Before reading: a change that comes meanwhile has signalled then.
                var signal = signals.NextAsync();
                await RenewAsync(cancellationToken);
                var noted = await watch.ReadAsync(PageChanges, cancellationToken) ?? throw FellBehind();
                var told = Select(noted);
                if (told.Count > 0)
                {
                    return told;
                }

                if (noted.Count == 0)
                {
                    await WaitAsync(signal, cancellationToken);
                }
            }

            return null;
        }
        catch (ObjectDisposedException)
        {
            // The store was closed under it.
            return null;
        }
    }

    public void Dispose() => watch.Dispose();

    private async ValueTask RenewAsync(CancellationToken cancellationToken)
    {
        if (_renewed is { } at && timeProvider.GetElapsedTime(at) < LocalWatch.RenewInterval)
        {
            return;
        }

        if (!await watch.RenewAsync(cancellationToken))
        {
            throw FellBehind();
        }

        _renewed = timeProvider.GetTimestamp();
    }

    private async Task WaitAsync(Task signal, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        var time = Task.Delay(LocalWatch.RenewInterval, timeProvider, stop.Token);
        await Task.WhenAny(signal, time);
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private List<RecordChange> Select(IReadOnlyList<NotedChange> noted)
    {
        var told = new List<RecordChange>(noted.Count);
        foreach (var change in noted)
        {
            if (filter?.IsMatch(change.Key) != false && AtKey.TryParse(change.Key, out var key, out _))
            {
                told.Add(new RecordChange(key, change.IsDeleted, change.IsRemote, change.CommitId));
            }
        }

        return told;
    }

    private AtException FellBehind()
    {
        Log.WatcherFellBehind(log);
        return new AtException(
            AtFault.FellBehind,
            "The reader of changes is further behind than the store keeps changes, or was stopped for minutes, and was ended. List the records again, then watch anew.");
    }
}
