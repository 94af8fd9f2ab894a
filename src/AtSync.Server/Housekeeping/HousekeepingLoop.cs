using AtSync.Storage;

namespace AtSync.Server.Housekeeping;

/// <summary>
/// Once in a while: frees the room of expired records of the atSigns in use (readers check expiry themselves, so nobody waits for it) and drops
/// the objects of those that nobody uses.
/// </summary>
internal sealed class HousekeepingLoop(AtServerHost host) : IAsyncDisposable
{
    private readonly PeriodicTimer _timer = new(host.Options.Limits.ExpiryInterval, host.Options.TimeProvider);
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync();

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _running;
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync(CancellationToken.None))
        {
            foreach (var server in host.ActiveServers)
            {
                await SweepAsync(server);
            }

            if (host.Peers is { } peers)
            {
                await peers.CloseIdleAsync(host.Options.TimeProvider.GetUtcNow() - peers.Options.IdleLife);
            }

            host.DropIdle();
        }
    }

    private async Task SweepAsync(AtServer server)
    {
        try
        {
            var now = host.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
            var limit = host.Options.Limits.ExpiredPerSweep;
            var removed = 0;
            while (true)
            {
                var keys = await server.Store.RemoveExpiredAsync(now, limit, CancellationToken.None);
                removed += keys.Count;
                if (keys.Count < limit)
                {
                    break;
                }
            }

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
