namespace AtSync.Client.Sync;

/// <summary>Sizes and times of the sync path.</summary>
public sealed record SyncLimits
{
    /// <summary>Entries asked for per page.</summary>
    public int PageEntries { get; init; } = 2000;

    /// <summary>Most commands per batch.</summary>
    public int BatchItems { get; init; } = 1000;

    /// <summary>Most bytes per batch (one command always goes).</summary>
    public int BatchBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Batches on the way at once.</summary>
    public int BatchesInFlight { get; init; } = 2;

    /// <summary>First wait after a failed round; doubles, with full jitter.</summary>
    public TimeSpan RetryDelayMin { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest wait between rounds.</summary>
    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Attempts before a refused push of unclear cause becomes a dead letter.</summary>
    public int PushAttemptsMax { get; init; } = 8;

    /// <summary>Most commands per batch for servers that are not ours: they run the commands one by one and answer only then.</summary>
    public int ForeignBatchItems { get; init; } = 100;

    /// <summary>Entries that one round takes before it gives up on a server whose log never ends; the next round goes on from there.</summary>
    public long EntriesPerRoundMax { get; init; } = 10_000_000;

    /// <summary>How often one round pulls and pushes again because edits were refused as outdated.</summary>
    public int ReconcilePassesMax { get; init; } = 10;

    /// <summary>Time for one request.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a process without the sync lock waits for the one that has it while the store does not change.</summary>
    public TimeSpan OtherProcessTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Silence after which a live connection is probed, and after another such time rebuilt.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Safety poll of a live client when no signal comes.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMinutes(1);
}
