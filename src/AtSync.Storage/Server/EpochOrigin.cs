namespace AtSync.Storage.Server;

/// <summary>
/// Of which history an epoch is the continuation. Whoever knows the earlier epoch can tell what this store has never seen or has lost: everything
/// above the commit id at which they part.
/// </summary>
/// <param name="EpochId">The earlier epoch.</param>
/// <param name="LastCommitId">Up to this commit id both are one history; -1: they share nothing.</param>
public sealed record EpochOrigin(string EpochId, long LastCommitId);
