using System.Globalization;
using AtSync.Client.Conflicts;
using AtSync.Client.Files;
using AtSync.Client.Local;
using AtSync.Client.Remote;
using AtSync.Client.Sync;
using AtSync.Protocol;
using AtSync.Storage.Local;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.Client;

/// <summary>
/// The client below its edge: composes the local secondary, the way to the remote one and the engine between them. Stays on its caller's context, so that
/// a simulated run replays. May be used concurrently.
/// </summary>
internal sealed class ClientCore : IAsyncDisposable
{
    private const int RefusedMax = 10_000;
    private static readonly TimeSpan ExpiryInterval = TimeSpan.FromMinutes(1);

    private readonly AtClientOptions _options;
    private readonly ILocalStore _store;
    private readonly KeyRing? _keys;
    private readonly SignalPump _signals;
    private readonly NewestFeed<SyncProgress> _progress = new();
    private readonly ILogger _log;
    private readonly RemoteSecondary? _remote;
    private readonly RemoteAccess? _remoteAccess;
    private readonly SyncEngine? _engine;
    private readonly CancellationTokenSource _stopping = new();
    private Task _expiryLoop = Task.CompletedTask;

    // From the store, until the engine knows better.
    private long _keptOffsetMs;
    private long _lastSyncedAtMs;
    private string? _keptError;
    private bool _isLastSyncedDirty;
    private bool _isDisposed;

    private ClientCore(AtClientOptions options, ILocalStore store, KeyRing? keys, string? stamp)
    {
        _options = options;
        _store = store;
        _keys = keys;
        _log = options.LoggerFactory.CreateLogger("AtSync.Client");
        _signals = new SignalPump(store, options.TimeProvider, _log);
        var codec = new ValueCodec(options.AtSign, keys, options.Random, stamp);
        Local = new LocalSecondary(store, codec, () => NowMs, Wake);
        Conflicts = new ConflictCore(Local, _log);
        Files = new FileCore(Local, options.Random, _log);
        if (options.IsOffline || options.Keys is null)
        {
            return;
        }

        var network = options.Network ?? new TlsNetwork(new TlsNetworkOptions());
        _remote = new RemoteSecondary(new RemoteSecondaryOptions
        {
            AtSign = options.AtSign,
            Keys = options.Keys,
            Directory = new DirectoryClient(network, options.Directory, options.TimeProvider),
            Network = network,
            RequestTimeout = options.SyncLimits.RequestTimeout,
            TimeProvider = options.TimeProvider,
            LoggerFactory = options.LoggerFactory,
        });
        _remoteAccess = new RemoteAccess(_remote, codec, () => NowMs);
        _engine = new SyncEngine(new SyncEngineOptions
        {
            Store = store,
            Signals = _signals,
            Remote = _remote,
            Reconciler = new Reconciler(options.ConflictPolicy, options.ConflictPolicies, codec),
            Scope = options.Scope,
            Limits = options.SyncLimits,
            TimeProvider = options.TimeProvider,
            Random = options.Random,
            LoggerFactory = options.LoggerFactory,
        });
        _engine.Progressed += OnProgressed;
    }

    /// <summary>Records on this device.</summary>
    public LocalSecondary Local { get; }

    /// <summary>The inbox.</summary>
    public ConflictCore Conflicts { get; }

    /// <summary>Files as records.</summary>
    public FileCore Files { get; }

    /// <summary>Whose data it is.</summary>
    public AtSign AtSign => _options.AtSign;

    private long NowMs => _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds() + OffsetMs;

    /// <summary>Zero from the engine means that it has not heard from the server yet.</summary>
    private long OffsetMs => _engine is { } engine && engine.ClockOffset != TimeSpan.Zero ? (long)engine.ClockOffset.TotalMilliseconds : _keptOffsetMs;

    /// <summary>Composes a client on an open store, which it disposes in the end (also when this fails).</summary>
    public static async ValueTask<ClientCore> OpenAsync(AtClientOptions options, ILocalStore store, CancellationToken cancellationToken)
    {
        ClientCore? core = null;
        KeyRing? keys = null;
        try
        {
            keys = KeyRing.Open(options.Keys, options.AtSign);
            var stamp = options.TellsDevice
                ? DeviceStamp.Make(store.DeviceId, options.DeviceName ?? await store.GetPropertyAsync(StoreProperties.DeviceName, cancellationToken))
                : null;
            core = new ClientCore(options, store, keys, stamp);
            await core.StartAsync(cancellationToken);
            return core;
        }
        catch
        {
            if (core is not null)
            {
                await core.DisposeAsync();
            }
            else
            {
                keys?.Dispose();
                await store.DisposeAsync();
            }

            throw;
        }
    }

    public async Task<AtValue?> GetAsync(string key, bool isUnbornToo, CancellationToken cancellationToken) =>
        await Local.GetAsync(KeyRules.Parse(key, AtSign), cancellationToken, isUnbornToo);

    public async Task<AtValue?> GetRemoteAsync(string key, CancellationToken cancellationToken) =>
        await Remote().GetAsync(KeyRules.Parse(key, AtSign), cancellationToken);

    public async Task<long> WriteRemoteAsync(AtWrite write, CancellationToken cancellationToken)
    {
        var commitId = await Remote().WriteAsync(write, cancellationToken);
        Wake();
        return commitId;
    }

    public async Task<IReadOnlyList<string>> ScanRemoteAsync(string? regex, CancellationToken cancellationToken) =>
        await Remote().ScanAsync(regex, cancellationToken);

    public async Task WriteAsync(IReadOnlyList<AtWrite> writes, CancellationToken cancellationToken) => await Local.WriteAsync(writes, cancellationToken);

    public async Task<bool> DeleteAsync(string key, CancellationToken cancellationToken) =>
        await Local.DeleteAsync(KeyRules.Parse(key, AtSign), cancellationToken);

    /// <summary>A page of the listing after a key; a null position ends it.</summary>
    public async Task<(IReadOnlyList<AtRecord> Records, string? LastKey)> ScanPageAsync(
        KeyFilter? filter, bool includeHidden, bool includeUnborn, string afterKey, CancellationToken cancellationToken)
    {
        var (visible, lastKey) = await Local.ReadPageAsync("", afterKey, withValues: false, cancellationToken, isUnbornToo: includeUnborn);
        var records = new List<AtRecord>(visible.Count);
        foreach (var record in visible)
        {
            if (filter?.IsMatch(record.Key) == false || !AtKey.TryParse(record.Key, out var key, out _) || (!includeHidden && KeyRules.IsHidden(key)))
            {
                continue;
            }

            records.Add(new AtRecord(key, LocalSecondary.MetadataOf(record), record.CommitId, record.IsPending, LocalSecondary.Time(record.ExpiresAtMs),
                LocalSecondary.Time(record.AvailableAtMs)));
        }

        return filter?.TimedOut == true
            ? throw new AtException(AtFault.InvalidArgument, "Matching a key against the pattern took too long. Write a simpler pattern.")
            : (records, lastKey);
    }

    /// <summary>Compiles a pattern; null stays null.</summary>
    public static KeyFilter? Filter(string? regex) =>
        regex is null ? null
        : KeyFilter.TryCreate(regex, out var filter, out var problem) ? filter
        : throw new AtException(AtFault.InvalidArgument, $"The pattern can't be used: {problem}.");

    public ChangeWatch Watch(KeyFilter? filter)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new ChangeWatch(_store.Watch(), filter, _signals, _options.TimeProvider, _log, _stopping.Token);
    }

    public NewestFeed<SyncProgress>.Subscription WatchProgress() => _progress.Subscribe();

    public Task<SyncResult> SyncAsync(CancellationToken cancellationToken) => RoundAsync(Engine().SyncAsync(cancellationToken), cancellationToken);

    public Task<SyncResult> WaitUntilCaughtUpAsync(CancellationToken cancellationToken) =>
        RoundAsync(Engine().WaitUntilCaughtUpAsync(cancellationToken), cancellationToken);

    public async Task<ClientStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        var counts = await _store.CountAsync(cancellationToken);
        var cursor = await _store.GetCursorAsync(CursorNames.Main, cancellationToken);
        return new ClientStatus(
            AtSign, cursor ?? -1, counts.Records, counts.Bytes, counts.Pending, counts.Dead, counts.Quarantined, counts.Conflicts,
            _engine?.LastError?.Message ?? _keptError,
            _lastSyncedAtMs > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(_lastSyncedAtMs) : null);
    }

    public async Task<IReadOnlyList<RefusedEdit>> ListRefusedAsync(CancellationToken cancellationToken)
    {
        var items = await _store.ListRefusedAsync(RefusedMax, cancellationToken);
        return [.. items.Select(item => new RefusedEdit(
            item.Key, item.LastError ?? new AtError(AtErrorCodes.InternalException, "the cause is not known"), item.Attempts, item.IsDead))];
    }

    public async Task<int> RetryRefusedAsync(string? key, CancellationToken cancellationToken)
    {
        var full = key is null ? null : KeyRules.Parse(key, AtSign).Full;
        var count = await _store.RetryRefusedAsync(full, cancellationToken);
        if (count > 0)
        {
            Wake();
        }

        return count;
    }

    public async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => await _store.CheckAsync(cancellationToken);

    /// <summary>Removes records that expired, by a clock that was compared with the server's in this process; returns how many.</summary>
    public async ValueTask<int> RemoveExpiredAsync(CancellationToken cancellationToken)
    {
        // A device whose clock runs ahead would else lose records that are alive remotely and that its cursor has passed.
        if (_engine is null || _engine.HasClockJumped || (_engine.ClockOffset == TimeSpan.Zero && !_isLastSyncedDirty))
        {
            return 0;
        }

        const int limit = 1000;
        var removed = 0;
        IReadOnlyList<string> keys;
        do
        {
            keys = await _store.RemoveExpiredAsync(NowMs, limit, cancellationToken);
            removed += keys.Count;
        }
        while (keys.Count == limit);

        if (removed > 0)
        {
            Log.ExpiredRemoved(_log, removed);
        }

        return removed;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        // The reverse of the start.
        _isDisposed = true;
        await _stopping.CancelAsync();
        await _expiryLoop;
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
            await KeepPositionAsync();
        }

        if (_remote is not null)
        {
            await _remote.DisposeAsync();
        }

        await _signals.DisposeAsync();
        _progress.Close();
        await _store.DisposeAsync();
        _keys?.Dispose();
        _stopping.Dispose();
    }

    private async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        _keptOffsetMs = await ReadNumberAsync(StoreProperties.ClockOffset, cancellationToken);
        _lastSyncedAtMs = await ReadNumberAsync(StoreProperties.LastSyncedAt, cancellationToken);
        _keptError = await _store.GetPropertyAsync(StoreProperties.LastError, cancellationToken);
        await CheckIdentityAsync(cancellationToken);
        Log.StoreOpened(_log, AtSign.ToString(), _store.DeviceId, _options.IsOffline, _options.IsLive);
        if (_engine is null)
        {
            return;
        }

        _expiryLoop = RunExpiryAsync(_stopping.Token);
        if (_options.IsLive)
        {
            _engine.Start();
        }
    }

    /// <summary>A store is sealed with one set of keys for its whole life; another set would make half of it unreadable on every device.</summary>
    private async ValueTask CheckIdentityAsync(CancellationToken cancellationToken)
    {
        var changes = new List<KeyValuePair<string, string?>>();
        if (_keys is { } keys)
        {
            var kept = await _store.GetPropertyAsync(StoreProperties.Keys, cancellationToken);
            if (kept is null)
            {
                changes.Add(new(StoreProperties.Keys, keys.Fingerprint));
            }
            else if (kept != keys.Fingerprint)
            {
                throw new AtException(AtFault.Keys,
                    $"The store holds records of {AtSign} that were sealed with other keys than these. Name the key file they belong to, or another store folder.");
            }
        }

        if (_options.DeviceName is { } name && name != await _store.GetPropertyAsync(StoreProperties.DeviceName, cancellationToken))
        {
            changes.Add(new(StoreProperties.DeviceName, name));
        }

        if (changes.Count > 0)
        {
            await _store.SetPropertiesAsync(changes, cancellationToken);
        }
    }

    private async ValueTask<long> ReadNumberAsync(string name, CancellationToken cancellationToken) =>
        long.TryParse(await _store.GetPropertyAsync(name, cancellationToken), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private RemoteAccess Remote() => _remoteAccess ?? throw NoRemote();

    private SyncEngine Engine() => _engine ?? throw NoRemote();

    private AtException NoRemote() => _options.IsOffline
        ? new AtException(AtFault.Network, "The client was opened offline: nothing may touch the network. Open it without that option.")
        : new AtException(AtFault.Keys, $"The store of {AtSign} was opened without keys, so that it can't log in. Open it with the key file.");

    private async Task<SyncResult> RoundAsync(Task<SyncResult> round, CancellationToken cancellationToken)
    {
        try
        {
            var result = await round;
            _lastSyncedAtMs = _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
            _isLastSyncedDirty = true;
            if (_keptError is not null)
            {
                _keptError = null;
                await _store.SetPropertiesAsync([new(StoreProperties.LastError, null)], cancellationToken);
            }

            await RemoveExpiredAsync(cancellationToken);
            return result;
        }
        catch (AtException e) when (e.Fault != AtFault.Store)
        {
            if (e.Message != _keptError)
            {
                // For whoever asks for the status from another process.
                _keptError = e.Message;
                await _store.SetPropertiesAsync([new(StoreProperties.LastError, e.Message)], cancellationToken);
            }

            throw;
        }
    }

    /// <summary>Wakes the engine of this process, or of whichever process syncs this store.</summary>
    private void Wake()
    {
        _engine?.Wake();
        _store.Signal();
    }

    private void OnProgressed(SyncProgress progress)
    {
        _progress.Tell(progress);
        if (progress.Phase == SyncPhase.Idle && _engine is { LastError: null })
        {
            _lastSyncedAtMs = _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
            _isLastSyncedDirty = true;
            _keptError = null;
        }
    }

    private async Task RunExpiryAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(ExpiryInterval, _options.TimeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                try
                {
                    await RemoveExpiredAsync(cancellationToken);
                }
                catch (Storage.StoreException e)
                {
                    // The records stay hidden; the next tick tries again.
                    Log.ExpiryFailed(_log, e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    /// <summary>Kept for the next opening; losing it costs nothing, so it is written once.</summary>
    private async ValueTask KeepPositionAsync()
    {
        if (!_isLastSyncedDirty)
        {
            return;
        }

        try
        {
            await _store.SetPropertiesAsync(
                [
                    new(StoreProperties.LastSyncedAt, _lastSyncedAtMs.ToString(CultureInfo.InvariantCulture)),
                    new(StoreProperties.ClockOffset, OffsetMs.ToString(CultureInfo.InvariantCulture)),
                    new(StoreProperties.LastError, _engine?.LastError?.Message),
                ],
                CancellationToken.None);
        }
        catch (Storage.StoreException e)
        {
            Log.PositionNotKept(_log, e);
        }
    }
}
