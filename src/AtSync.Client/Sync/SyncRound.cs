using System.Globalization;
using AtSync.Client.Remote;
using AtSync.Protocol;
using AtSync.Storage.Local;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Sync;

/// <summary>
/// One round under the sync lock: is the remote the same, pull, push, and again where edits were refused as outdated. Keeps between rounds only what
/// belongs to a connection; positions are read from the store each time.
/// </summary>
internal sealed class SyncRound
{
    /// <summary>Set-aside entries that are tried again when a process begins to sync: a newer version of this program may understand them.</summary>
    private const int QuarantineRetriesMax = 1000;

    private readonly SyncEngineOptions _options;
    private readonly ILocalStore _store;
    private readonly SyncScope _scope;
    private readonly SentVersions _sent = new();
    private readonly RemoteCheck _check;
    private readonly PullStep _pull;
    private readonly PushStep _push;
    private readonly ProgressMeter _meter;
    private readonly Action<IReadOnlyList<AppliedChange>> _tell;
    private readonly ILogger _log;
    private RemoteConnection? _checked;
    private bool _isQuarantineRetried;

    public SyncRound(SyncEngineOptions options, Action<IReadOnlyList<AppliedChange>> tell, Action<SyncProgress> progress, ILogger log)
    {
        _options = options;
        _store = options.Store;
        _scope = SyncScope.Of(options.Scope);
        _log = log;
        _tell = tell;
        Clock = new ServerClock(options.TimeProvider);
        _meter = new ProgressMeter(options.TimeProvider, progress);
        _check = new RemoteCheck(_store, _store.Owner, log);
        _pull = new PullStep(_store, _store.Owner, options.Limits, options.TimeProvider, tell, _meter);
        _push = new PushStep(_store, options.Limits, options.TimeProvider, options.Random, _sent, _meter, log);
    }

    /// <summary>Server clock minus ours, from the last answers.</summary>
    public TimeSpan ClockOffset => Clock.Offset;

    /// <summary>The server's clock as seen from here.</summary>
    public ServerClock Clock { get; }

    /// <summary>Where the main cursor stood after the last round.</summary>
    public long Cursor { get; private set; } = -1;

    /// <summary>Shows that nothing runs.</summary>
    public void Rest(SyncPhase phase) => _meter.Enter(phase);

    /// <summary>A round. A kept connection that turns out broken before anything was done is replaced once.</summary>
    /// <param name="wantsPull">False: only push (something was written here, and the remote is known to be in step).</param>
    /// <param name="hinted">The server's last commit id as a statistics notification told it, or null.</param>
    /// <param name="begun">Called when the connection is there and the positions are about to be read.</param>
    /// <param name="cancellationToken">Ends the round; what is applied or acknowledged stays.</param>
    public async Task<RoundTally> RunAsync(Func<bool> wantsPull, long? hinted, Action begun, CancellationToken cancellationToken)
    {
        var tally = new RoundTally();
        var kept = _checked is { Failure: null } ? _checked : null;
        try
        {
            await RunOnceAsync(wantsPull, hinted, begun, tally, cancellationToken);
        }
        catch (AtException failure) when (failure.Fault == AtFault.Network && kept is not null && ReferenceEquals(kept, _checked)
            && tally is { Entries: 0, Pushed: 0 } && !cancellationToken.IsCancellationRequested)
        {
            // A connection that was idle dies silently; only using it shows that.
            await RunOnceAsync(wantsPull, hinted, begun, tally, cancellationToken);
        }

        Log.RoundEnded(_log, tally.Pulled, tally.Pushed, tally.Conflicts, Cursor);
        return tally;
    }

    private async Task RunOnceAsync(Func<bool> wantsPull, long? hinted, Action begun, RoundTally tally, CancellationToken cancellationToken)
    {
        if (_checked is null or { Failure: not null })
        {
            _meter.Enter(SyncPhase.Connecting);
        }

        var connection = await _options.Remote.GetConnectionAsync(cancellationToken);
        var features = await connection.GetFeaturesAsync(cancellationToken);
        var isNew = !ReferenceEquals(connection, _checked);
        if (isNew && connection.ClockOffset is { } offset)
        {
            // Asked once per connection; afterwards the notifications say when it is no longer so.
            Clock.Measure(offset);
        }

        _meter.Begin(connection);
        begun();
        var isProtected = features.Has(ServerFeatures.IfCommit);
        var reconciler = new RoundReconciler(_options.Reconciler, _sent, isProtected);
        if (wantsPull() || isNew || !isProtected)
        {
            await PullAsync(connection, features, reconciler, isNew, isNew ? null : hinted, tally, cancellationToken);
            _checked = connection;
            await RetryQuarantineAsync(reconciler, tally, cancellationToken);
        }

        await PushAsync(connection, features, reconciler, tally, cancellationToken);
    }

    private async Task PullAsync(
        RemoteConnection connection, ServerFeatures features, IReconciler reconciler, bool isNew, long? hinted, RoundTally tally, CancellationToken cancellationToken)
    {
        var cursor = await ReadCursorAsync(cancellationToken);
        var isHinted = hinted > cursor;
        var (lastId, first, identity) = isHinted ? (hinted!.Value, null, null) : await AskPositionAsync(connection, isNew, cursor, cancellationToken);
        SharedHistory? shared = null;
        if (isNew)
        {
            shared = await _check.CompareAsync(identity, features, lastId, cancellationToken);
            var before = cursor;
            cursor = await ReadCursorAsync(cancellationToken);
            first = cursor == before ? first : null;
        }

        // Asked after the check: what an interrupted widening needs depends on the cursor.
        await WidenAsync(connection, features, reconciler, cursor, tally, cancellationToken);
        if (lastId > cursor || first is not null)
        {
            _meter.Enter(SyncPhase.Pulling, lastId - cursor);
            var range = new PullRange(CursorNames.Main, cursor, _scope.Pattern, lastId, IsLastIdKept: !isHinted, HasWindows(features), first, shared);
            Cursor = await _pull.RunAsync(connection, range, reconciler, tally, cancellationToken);
        }
        else
        {
            Cursor = cursor;
        }

        if (shared is { } history)
        {
            var removed = await _check.EndAsync(history, cancellationToken);
            if (removed.Count > 0)
            {
                tally.Pulled += removed.Count;
                _tell([.. removed.Select(key => new AppliedChange(key, CommitOp.Delete, 0))]);
            }
        }
    }

    /// <summary>Where the server stands, and on a new connection who it is. With pipelining one round trip, which brings the first page as well.</summary>
    private async Task<(long LastId, Task<ReadOnlyMemory<byte>>? FirstPage, string? Identity)> AskPositionAsync(
        RemoteConnection connection, bool isNew, long cursor, CancellationToken cancellationToken)
    {
        var identity = isNew ? _check.AskIdentityAsync(connection, cancellationToken) : Task.FromResult<string?>(null);
        if (!connection.IsPipelined)
        {
            return (Identity: await identity, LastId: await RemoteCheck.AskLastIdAsync(connection, cancellationToken)) is var (who, last) ? (last, null, who) : default;
        }

        var lastId = RemoteCheck.AskLastIdAsync(connection, cancellationToken);
        var first = connection.SendAsync(_pull.Request(cursor, _scope.Pattern), cancellationToken).AsTask();
        try
        {
            return (await lastId, first, await identity);
        }
        catch
        {
            _ = first.ContinueWith(static page => _ = page.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Pulls, with a cursor of their own, the namespaces that were added since the last time; the main cursor speaks for them only afterwards.</summary>
    private async Task WidenAsync(
        RemoteConnection connection, ServerFeatures features, IReconciler reconciler, long cursor, RoundTally tally, CancellationToken cancellationToken)
    {
        var known = await _store.GetPropertyAsync(SyncProperties.Scope, cancellationToken);
        if (known == _scope.ToString())
        {
            return;
        }

        var generation = await _store.GetPropertyAsync(SyncProperties.ScopeGeneration, cancellationToken) ?? "0";
        if (known is not null && cursor >= 0 && _scope.AddedTo(SyncScope.Read(known)) is { } added)
        {
            Log.Widening(_log, added.ToString());
            var name = $"widen.{generation}.{added}";
            var from = await _store.GetCursorAsync(name, cancellationToken) ?? -1;
            if (from < cursor)
            {
                _meter.Enter(SyncPhase.Pulling, cursor - from);
                var range = new PullRange(name, from, added.Pattern, cursor, IsLastIdKept: false, HasWindows(features));
                await _pull.RunAsync(connection, range, reconciler, tally, cancellationToken);
            }
        }

        var next = (long.Parse(generation, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
        await _store.SetPropertiesAsync([new(SyncProperties.Scope, _scope.ToString()), new(SyncProperties.ScopeGeneration, next)], cancellationToken);
    }

    private async Task PushAsync(
        RemoteConnection connection, ServerFeatures features, IReconciler reconciler, RoundTally tally, CancellationToken cancellationToken)
    {
        for (var pass = 0; ; pass++)
        {
            var cursor = await ReadCursorAsync(cancellationToken);
            _meter.Enter(SyncPhase.Pushing);
            var result = await _push.RunAsync(connection, features, ClockOffset, cursor, tally, cancellationToken);
            Cursor = result.Cursor;
            if (result.Moved is not { Count: > 0 } moved || pass == _options.Limits.ReconcilePassesMax)
            {
                return;
            }

            await ReconcileAsync(connection, features, reconciler, moved, tally, cancellationToken);
        }
    }

    /// <summary>Brings in what other devices committed under the edits that were refused; the reconciler then decides, and they go again.</summary>
    private async Task ReconcileAsync(
        RemoteConnection connection, ServerFeatures features, IReconciler reconciler, List<(OutboxItem Item, long CurrentCommit)> moved, RoundTally tally,
        CancellationToken cancellationToken)
    {
        var cursor = Cursor;
        var newest = moved.Max(entry => entry.CurrentCommit);
        if (newest > cursor)
        {
            _meter.Enter(SyncPhase.Pulling, newest - cursor);
            var range = new PullRange(CursorNames.Main, cursor, _scope.Pattern, newest, IsLastIdKept: false, HasWindows(features));
            Cursor = await _pull.RunAsync(connection, range, reconciler, tally, cancellationToken);
        }

        foreach (var (item, current) in moved)
        {
            // What the cursor has passed, or the filter keeps out, is asked for by its commit id.
            if (current <= cursor || _scope.Namespaces is not null)
            {
                await RefetchAsync(connection, item, current, reconciler, tally, cancellationToken);
            }
        }
    }

    private async Task RefetchAsync(
        RemoteConnection connection, OutboxItem item, long commitId, IReconciler reconciler, RoundTally tally, CancellationToken cancellationToken)
    {
        var payload = await connection.SendAsync(_pull.Request(commitId - 1, null) with { Limit = 1 }, cancellationToken);
        var entry = PageParser.Parse(payload, commitId - 1, _store.Owner).Find(candidate => candidate.CommitId == commitId && candidate.Key == item.Key);
        if (entry is not null)
        {
            Log.Refetched(_log, item.Key);
            await _pull.ApplyOutOfOrderAsync(Cursor, [entry], reconciler, tally, cancellationToken);
            return;
        }

        var error = new AtError(AtErrorCodes.IllegalState, $"the key has moved to commit {commitId}, which the atServer does not show");
        var notBefore = _options.TimeProvider.GetUtcNow() + BackOff.Delay(_options.Limits, _options.Random, item.Attempts + 1);
        var kind = item.Attempts + 1 >= _options.Limits.PushAttemptsMax ? PushOutcomeKind.Dead : PushOutcomeKind.Retry;
        await _store.SettleAsync([new PushOutcome(item.Seq, item.Key, kind, 0, error, notBefore.ToUnixTimeMilliseconds())], null, cancellationToken);
    }

    private async Task RetryQuarantineAsync(IReconciler reconciler, RoundTally tally, CancellationToken cancellationToken)
    {
        if (_isQuarantineRetried)
        {
            return;
        }

        _isQuarantineRetried = true;
        foreach (var aside in await _store.ListQuarantineAsync(QuarantineRetriesMax, cancellationToken))
        {
            if (PageParser.ParseOne(aside.Raw, _store.Owner) is not { Defect: null } entry)
            {
                continue;
            }

            var local = await _store.GetAsync(entry.Key, cancellationToken);
            if (local is null || local.CommitId < entry.CommitId)
            {
                await _pull.ApplyOutOfOrderAsync(Cursor, [entry], reconciler, tally, cancellationToken);
            }

            await _store.RemoveQuarantineAsync(aside.Id, cancellationToken);
        }
    }

    private async ValueTask<long> ReadCursorAsync(CancellationToken cancellationToken) =>
        await _store.GetCursorAsync(CursorNames.Main, cancellationToken) ?? -1;

    /// <summary>Servers before 3.1.0 take 25 entries of the log and filter them afterwards; later ones, and ours, filter first.</summary>
    private static bool HasWindows(ServerFeatures features) => !features.Takes(3, 1, 0);
}
