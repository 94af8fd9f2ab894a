using AtSync.Storage;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Sync;

/// <summary>
/// Live mode: holds the sync lock, listens to the server, and asks for a round whenever something was written here or committed there. Signals do the
/// work; the poll and the back-off are the safety net. Without the lock it waits for it: the process that has it does the work.
/// </summary>
internal sealed class LiveLoop(SyncEngineOptions options, RoundQueue queue, SyncRound round, OtherProcesses others, SignalPump signals, Action<AtException> failed, ILogger log)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly WakeSignal _wake = new(options.TimeProvider);
    private MonitorLink? _monitor;
    private IAsyncDisposable? _lock;
    private Task? _running;
    private long _seenUpTo = -1;

    /// <summary>Whether this process is the one that syncs.</summary>
    public bool HoldsLock => Volatile.Read(ref _lock) is not null;

    /// <summary>The server's last commit id when a statistics notification told it and it is still listened to; else null.</summary>
    public long? HintedLastId => _monitor is { IsListening: true, LastId: >= 0 and var id } ? id : null;

    /// <summary>Starts; once.</summary>
    public void Start()
    {
        if (_running is null)
        {
            _monitor = new MonitorLink(options.Remote, options.Limits, round.Clock, _wake);
            signals.Signalled = () => Wake(WakeReasons.Signalled);
            signals.Start();
            _running = RunAsync();
        }
    }

    /// <summary>Wakes the loop, when there is one.</summary>
    public void Wake(WakeReasons reasons) => _wake.Set(reasons);

    /// <summary>Ends the loop; the lock and the monitor go with <see cref="DisposeAsync"/>, after the last round.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await (_running ?? Task.CompletedTask);
    }

    public async ValueTask DisposeAsync()
    {
        if (_monitor is { } monitor)
        {
            await monitor.DisposeAsync();
        }

        if (_lock is { } held)
        {
            Volatile.Write(ref _lock, null);
            await held.DisposeAsync();
            options.Store.Signal();
        }

        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var failures = 0;
        var shortLives = 0;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (!HoldsLock)
                {
                    Volatile.Write(ref _lock, options.Store.TryTakeSyncLock());
                }

                if (!HoldsLock)
                {
                    await _wake.WaitAsync(WakeReasons.Signalled, options.Limits.PollInterval, _stop.Token);
                    continue;
                }

                var began = options.TimeProvider.GetTimestamp();
                await _monitor!.EnsureAsync(_stop.Token);
                _seenUpTo = -1;
                await RoundAsync(RoundWants.Pull);
                failures = 0;
                await FollowAsync();
                shortLives = options.TimeProvider.GetElapsedTime(began) < options.Limits.SilenceTimeout ? shortLives + 1 : 0;
                if (shortLives > 1)
                {
                    // Once is an accident and costs no waiting; a server that takes and drops every connection must not be called without a pause.
                    await BackOffAsync(BackOff.Delay(options.Limits, options.Random, shortLives));
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The outermost catch of this loop: whatever failed is asked again from the start, later each time.
                var told = failure as AtException ?? (failure is StoreException store ? Faults.Of(store) : new AtException(AtFault.Network, failure.Message, inner: failure));
                var fault = told.Fault;
                failed(told);
                var delay = BackOff.Delay(options.Limits, options.Random, fault == AtFault.Network ? ++failures : int.MaxValue);
                Log.RoundFailed(log, fault, (long)delay.TotalMilliseconds, failure);
                round.Rest(SyncPhase.BackingOff);
                await BackOffAsync(delay);
            }
        }
    }

    /// <summary>In step: waits for reasons and asks for the round that each calls for, until the connection is over.</summary>
    private async Task FollowAsync()
    {
        while (_monitor!.IsListening)
        {
            var reasons = await _wake.WaitAsync(~WakeReasons.Recovered, options.Limits.PollInterval, _stop.Token);
            if ((reasons & WakeReasons.Disconnected) != 0)
            {
                return;
            }

            if (_monitor.LastId > Math.Max(round.Cursor, _seenUpTo) || reasons is WakeReasons.None)
            {
                var told = _monitor.LastId;
                await RoundAsync(RoundWants.Pull);

                // What the server told and showed none of is not for this device; hearing of it again is no reason to ask again.
                _seenUpTo = Math.Max(_seenUpTo, told);
            }
            else if ((reasons & (WakeReasons.Written | WakeReasons.Signalled)) != 0 && await HasWorkAsync())
            {
                await RoundAsync(RoundWants.Push);
            }
        }
    }

    /// <summary>A signal comes from this process as well, and for things that are done already: it is worth a round only when there is something to do.</summary>
    private async Task<bool> HasWorkAsync()
    {
        var nowMs = options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        return (await options.Store.ReadOutboxAsync(0, nowMs, 1, 1, _stop.Token)).Count > 0 || await others.ReadWishAsync(_stop.Token) is not null;
    }

    private async Task RoundAsync(RoundWants wants) => await queue.Request(wants).WaitAsync(_stop.Token);

    /// <summary>A wish of another process, or a round that somebody asked for and that went well, ends the waiting early; a local write does not.</summary>
    private async Task BackOffAsync(TimeSpan delay)
    {
        var began = options.TimeProvider.GetTimestamp();
        try
        {
            while (delay - options.TimeProvider.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
            {
                var reasons = await _wake.WaitAsync(WakeReasons.Signalled | WakeReasons.Recovered, left, _stop.Token);
                if ((reasons & WakeReasons.Recovered) != 0 || ((reasons & WakeReasons.Signalled) != 0 && await others.ReadWishAsync(_stop.Token) is not null))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The loop ends next.
        }
        catch (StoreException)
        {
            // The store itself is what fails; the loop goes on with its next attempt.
        }
    }
}
