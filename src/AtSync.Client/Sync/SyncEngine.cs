using AtSync.Storage.Local;

namespace AtSync.Client.Sync;

/// <summary>Keeps a local store equal to the remote secondary: one loop, two positions, no keys. Deterministic above its injected clock, network, store and random source.</summary>
public sealed class SyncEngine : IAsyncDisposable
{
    /// <summary>Composes an engine; nothing runs yet.</summary>
    public SyncEngine(SyncEngineOptions options) => throw new NotImplementedException();

    /// <summary>Told of every applied page (after it is durable), in order, on the engine's context; must be quick.</summary>
    public event Action<IReadOnlyList<AppliedChange>>? Applied
    {
        add => throw new NotImplementedException();
        remove => throw new NotImplementedException();
    }

    /// <summary>Newest progress.</summary>
    public event Action<SyncProgress>? Progressed
    {
        add => throw new NotImplementedException();
        remove => throw new NotImplementedException();
    }

    /// <summary>Starts the background loop (live mode): connection with monitor, wakes, back-off.</summary>
    public void Start() => throw new NotImplementedException();

    /// <summary>Something was written locally; coalesces.</summary>
    public void Wake() => throw new NotImplementedException();

    /// <summary>One round, single-flight, joined by all callers.</summary>
    public Task<SyncResult> SyncAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>See <see cref="AtClient.WaitUntilCaughtUpAsync"/>.</summary>
    public Task<SyncResult> WaitUntilCaughtUpAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Why the last round failed, or null.</summary>
    public AtException? LastError => throw new NotImplementedException();

    /// <summary>Server clock minus ours, from the last answers; zero until known.</summary>
    public TimeSpan ClockOffset => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>What a <see cref="SyncEngine"/> is composed of.</summary>
public sealed record SyncEngineOptions
{
    /// <summary>The local store.</summary>
    public required ILocalStore Store { get; init; }

    /// <summary>The way to the remote secondary.</summary>
    public required Remote.RemoteSecondary Remote { get; init; }

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
    public required Microsoft.Extensions.Logging.ILoggerFactory LoggerFactory { get; init; }
}
