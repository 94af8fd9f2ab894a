using AtSync.Storage;

namespace AtSync.Server.Housekeeping;

/// <summary>
/// Once in a while: frees the room of what is expired, at once of the atSigns in use and piece by piece of all (readers check expiry themselves, so
/// nobody waits for it), and drops the objects of atSigns that nobody uses.
/// </summary>
internal sealed class HousekeepingLoop(AtServerHost host) : IAsyncDisposable
{
    private readonly PeriodicTimer _timer = new(host.Limits.ExpiryInterval, host.Options.TimeProvider);
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync();

    /// <summary>Another interval, from now on.</summary>
    public void UseInterval(TimeSpan interval)
    {
        try
        {
            _timer.Period = interval;
        }
        catch (ObjectDisposedException)
        {
            // The server ends.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _running;
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync(CancellationToken.None))
        {
            _timer.Period = host.Limits.ExpiryInterval;
            foreach (var server in host.ActiveServers)
            {
                await SweepAsync(server);
            }

            await SweepAllAsync();

            if (host.Peers is { } peers)
            {
                await peers.CloseIdleAsync(host.Options.TimeProvider.GetUtcNow() - peers.Options.IdleLife);
            }

            host.DropIdle();
        }
    }

    /// <summary>A bounded piece of all atSigns, in use or not; the next tick goes on from there.</summary>
    private async Task SweepAllAsync()
    {
        try
        {
            var now = host.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
            if (await host.Options.Storage.SweepExpiredAsync(now, host.Limits.ExpiredPerSweep, CancellationToken.None) is > 0 and var removed)
            {
                Log.SweptAll(host.Logger, removed);
            }
        }
        catch (Exception failure) when (failure is StoreException or ObjectDisposedException)
        {
            // The disk is full, or an atSign was removed meanwhile: the next round tries again.
            Log.SweepAllFailed(host.Logger, failure);
        }
    }

    private async Task SweepAsync(AtServer server)
    {
        try
        {
            var now = host.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
            var limit = host.Limits.ExpiredPerSweep;
            var removed = 0;
            int some;
            do
            {
                some = (await server.Store.RemoveExpiredAsync(now, limit, CancellationToken.None)).Count;
                removed += some;
            }
            while (some > 0);

            while (await server.Store.Notifications.RemoveExpiredAsync(now, limit, CancellationToken.None) == limit)
            {
            }

            if (removed > 0)
            {
                Log.Swept(host.Logger, server.Owner, removed);
            }
        }
        catch (Exception failure) when (failure is StoreException or ObjectDisposedException or InvalidOperationException)
        {
            // The atSign may have been removed meanwhile, or the disk is full: the next round tries again.
            Log.SweepFailed(host.Logger, failure, server.Owner);
        }
    }
}
