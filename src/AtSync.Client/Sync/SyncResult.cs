namespace AtSync.Client.Sync;

/// <summary>How a round ended.</summary>
/// <param name="InSync">The local secondary equals the remote one: nothing is pending, quarantined or refused.</param>
/// <param name="Pulled">Changes applied from the remote (own echoes not counted).</param>
/// <param name="Pushed">Edits accepted.</param>
/// <param name="Conflicts">Conflicts that entered the inbox in this round.</param>
/// <param name="Quarantined">Entries set aside, in all.</param>
/// <param name="Refused">Dead letters, in all.</param>
/// <param name="CommitId">The remote commit up to which this store is equal.</param>
public sealed record SyncResult(bool InSync, long Pulled, long Pushed, long Conflicts, long Quarantined, long Refused, long CommitId);

/// <summary>Where a running round stands.</summary>
/// <param name="Phase">What it does.</param>
/// <param name="Done">Items of the phase done.</param>
/// <param name="Total">Items of the phase as far as known.</param>
/// <param name="Bytes">Application bytes moved in this round, both directions.</param>
/// <param name="ItemsPerSecond">Over the phase so far.</param>
public readonly record struct SyncProgress(SyncPhase Phase, long Done, long Total, long Bytes, double ItemsPerSecond);

/// <summary>Phases of a round.</summary>
public enum SyncPhase
{
    /// <summary>Nothing to do.</summary>
    Idle,

    /// <summary>Finding the server, TLS, logging in.</summary>
    Connecting,

    /// <summary>Receiving and applying pages.</summary>
    Pulling,

    /// <summary>Sending batches.</summary>
    Pushing,

    /// <summary>Waiting after a failure.</summary>
    BackingOff,
}
