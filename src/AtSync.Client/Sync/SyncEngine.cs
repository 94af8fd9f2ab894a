using AtSync.Client.Remote;
using AtSync.Storage;
using AtSync.Storage.Local;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Sync;

/// <summary>Keeps a local store equal to the remote secondary: one loop, two positions, no keys. Deterministic above its injected clock, network, store and random source.</summary>
/// <remarks>May be called concurrently. Rounds are single-flight: see <see cref="SyncAsync"/>.</remarks>
public sealed class SyncEngine : IAsyncDisposable
{
    private readonly SyncEngineOptions _options;
    private readonly ILocalStore _store;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly SyncRound _round;
    private readonly RoundQueue _queue;
    private readonly OtherProcesses _others;
    private readonly SignalPump _signals;
    private readonly LiveLoop _live;
    private AtException? _lastError;
    private int _isDisposed;

    /// <summary>Composes an engine; nothing runs yet.</summary>
    public SyncEngine(SyncEngineOptions options)
    {
        _options = options;
        _store = options.Store;
        _log = options.LoggerFactory.CreateLogger("AtSync.Client.Sync");
        _round = new SyncRound(options, changes => Applied?.Invoke(changes), progress => Progressed?.Invoke(progress), _log);
        _queue = new RoundQueue(RunAsync);
        _others = new OtherProcesses(_store, options.Random);
        _signals = options.Signals ?? new SignalPump(_store, options.TimeProvider, _log);
        _live = new LiveLoop(options, _queue, _round, _others, _signals, failure => Volatile.Write(ref _lastError, failure), _log);
    }

    /// <summary>Told of every applied page (after it is durable), in order, on the engine's context; must be quick.</summary>
    public event Action<IReadOnlyList<AppliedChange>>? Applied;

    /// <summary>Newest progress.</summary>
    public event Action<SyncProgress>? Progressed;

    /// <summary>Why the last round failed, or null.</summary>
    public AtException? LastError => Volatile.Read(ref _lastError);

    /// <summary>Server clock minus ours, from the last answers; zero until known.</summary>
    public TimeSpan ClockOffset => _round.ClockOffset;

    /// <summary>This device's clock was set since the server's was last heard, so that <see cref="ClockOffset"/> can't be believed for now.</summary>
    public bool HasClockJumped => _round.Clock.HasJumped;

    /// <summary>Starts the background loop (live mode): connection with monitor, wakes, back-off.</summary>
    public void Start() => _live.Start();

    /// <summary>Something was written locally; coalesces.</summary>
    public void Wake() => _live.Wake(WakeReasons.Written);

    /// <summary>One round, single-flight, joined by all callers.</summary>
    /// <remarks>
    /// The round that answers has read its positions after the call, so that what was written before the call is pushed by it. Cancelling ends the
    /// waiting, not the round. Where another process holds the sync lock, that process runs the round.
    /// </remarks>
    /// <exception cref="AtException">Why it is not in step: network, refused credentials, store, keys, identity changed.</exception>
    public Task<SyncResult> SyncAsync(CancellationToken cancellationToken) =>
        _queue.Request(RoundWants.Pull | RoundWants.Result).WaitAsync(cancellationToken);

    /// <summary>See <see cref="AtClient.WaitUntilCaughtUpAsync"/>.</summary>
    /// <remarks>Waits through failures that may pass (network, edits that back off) and throws the others.</remarks>
    public async Task<SyncResult> WaitUntilCaughtUpAsync(CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                var result = await SyncAsync(cancellationToken);
                if ((await _store.CountAsync(cancellationToken)).Pending == 0)
                {
                    return result;
                }
            }
            catch (AtException failure) when (failure.Fault == AtFault.Network && !_stop.IsCancellationRequested)
            {
                _round.Rest(SyncPhase.BackingOff);
            }

            await Task.Delay(BackOff.Delay(_options.Limits, _options.Random, failures), _options.TimeProvider, cancellationToken);
        }
    }

    /// <summary>Stops the loop and the running round, and frees the sync lock. What was applied or acknowledged stays; the rest is done next time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync();
        await _live.StopAsync();
        await _queue.DisposeAsync();
        await _live.DisposeAsync();
        if (_options.Signals is null)
        {
            await _signals.DisposeAsync();
        }

        _stop.Dispose();
    }

    /// <summary>One round of the queue: here under the sync lock, or by the process that has it.</summary>
    private async Task<SyncResult> RunAsync(RoundQueue.Round round)
    {
        try
        {
            var isOwner = _live.HoldsLock;
            await using var taken = isOwner ? null : _store.TryTakeSyncLock();
            var result = isOwner || taken is not null ? await RunHereAsync(round, _stop.Token) : await RunElsewhereAsync(round, _stop.Token);
            Volatile.Write(ref _lastError, null);
            _live.Wake(WakeReasons.Recovered);
            return result;
        }
        catch (Exception failure) when (failure is AtException or StoreException)
        {
            var told = failure as AtException ?? Faults.Of((StoreException)failure);
            Volatile.Write(ref _lastError, told);
            throw told == failure ? failure : told;
        }
        finally
        {
            if (!_live.HoldsLock && (round.Wants & RoundWants.Result) != 0)
            {
                // Whoever waits for this process finds the lock free now.
                _store.Signal();
            }
        }
    }

    private async Task<SyncResult> RunHereAsync(RoundQueue.Round round, CancellationToken cancellationToken)
    {
        string? wish = null;
        SyncResult? result = null;
        AtException? failure = null;
        try
        {
            wish = await _others.ReadWishAsync(cancellationToken);
            var tally = await _round.RunAsync(
                () => wish is not null || (round.Wants & RoundWants.Pull) != 0, _live.HintedLastId, round.Begin, cancellationToken);
            result = wish is not null || (round.Wants & RoundWants.Result) != 0
                ? await CountAsync(tally, _round.Cursor, cancellationToken)
                : new SyncResult(false, tally.Pulled, tally.Pushed, tally.Conflicts, 0, 0, _round.Cursor);
            _round.Rest(SyncPhase.Idle);
            return result;
        }
        catch (Exception e) when (e is AtException or StoreException)
        {
            failure = e as AtException ?? Faults.Of((StoreException)e);
            throw;
        }
        finally
        {
            if (wish is not null && (result ?? (object?)failure) is not null && !cancellationToken.IsCancellationRequested)
            {
                await _others.AnswerAsync(wish, result, failure, cancellationToken);
            }
        }
    }

    private async Task<SyncResult> RunElsewhereAsync(RoundQueue.Round round, CancellationToken cancellationToken)
    {
        round.Begin();
        var signal = _signals.NextAsync();
        var wishes = await _others.WishAsync(cancellationToken);
        var before = await ReadProgressAsync(cancellationToken);
        var since = _options.TimeProvider.GetTimestamp();
        while (true)
        {
            if (await _others.ReadAnswerAsync(wishes, cancellationToken) is { } answer)
            {
                var tally = OtherProcesses.Read(answer, out var commitId);
                return await CountAsync(tally, commitId, cancellationToken);
            }

            await using (var taken = _store.TryTakeSyncLock())
            {
                if (taken is not null)
                {
                    // The other process is gone, or does not sync all the time.
                    return await RunHereAsync(round, cancellationToken);
                }
            }

            if (await ReadProgressAsync(cancellationToken) is var now && now != before)
            {
                (before, since) = (now, _options.TimeProvider.GetTimestamp());
            }
            else if (_options.TimeProvider.GetElapsedTime(since) >= _options.Limits.OtherProcessTimeout)
            {
                throw new AtException(
                    AtFault.Store,
                    $"Another process holds the sync lock of this store and did nothing for {_options.Limits.OtherProcessTimeout.TotalSeconds:0} s: it is stopped or hangs. End it, then sync again. Nothing is lost.");
            }

            // The end of the time looks again as a signal does: one may be lost.
            await Task.WhenAny(signal, Task.Delay(_options.Limits.OtherProcessTimeout / 4, _options.TimeProvider, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            signal = signal.IsCompleted ? _signals.NextAsync() : signal;
        }
    }

    /// <summary>What every round that gets anywhere changes.</summary>
    private async Task<(long? Cursor, LocalCounts Counts)> ReadProgressAsync(CancellationToken cancellationToken) =>
        (await _store.GetCursorAsync(CursorNames.Main, cancellationToken), await _store.CountAsync(cancellationToken));

    private async Task<SyncResult> CountAsync(RoundTally tally, long cursor, CancellationToken cancellationToken)
    {
        var counts = await _store.CountAsync(cancellationToken);
        return new SyncResult(
            counts is { Pending: 0, Dead: 0, Quarantined: 0 }, tally.Pulled, tally.Pushed, tally.Conflicts, counts.Quarantined, counts.Dead, cursor);
    }
}

/// <summary>What a <see cref="SyncEngine"/> is composed of.</summary>
public sealed record SyncEngineOptions
{
    /// <summary>The local store.</summary>
    public required ILocalStore Store { get; init; }

    /// <summary>The store's signals, when others in this process wait for them too; their owner disposes them.</summary>
    internal SignalPump? Signals { get; init; }

    /// <summary>The way to the remote secondary.</summary>
    public required RemoteSecondary Remote { get; init; }

    /// <summary>Decides conflicts. Sees sealed records only; a merging one opens them itself.</summary>
    public required IReconciler Reconciler { get; init; }

    /// <summary>Namespaces to sync; null = everything.</summary>
    public AtSync.Protocol.EquatableList<string>? Scope { get; init; }

    /// <summary>Sizes and times.</summary>
    public SyncLimits Limits { get; init; } = new();

    /// <summary>The clock.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Jitter.</summary>
    public required AtSync.Protocol.IRandomSource Random { get; init; }

    /// <summary>Logs.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }
}
