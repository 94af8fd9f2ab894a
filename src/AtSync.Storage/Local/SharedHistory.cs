namespace AtSync.Storage.Local;

/// <summary>What a remote that was restored has in common with the one that a store was in step with: its log up to a commit id.</summary>
/// <param name="UntilCommitId">Up to here the logs are one; -1 when nothing is known to be shared.</param>
/// <param name="IsCertain">
/// The remote says so, so that commit ids up to there can be compared. False: concluded from where it stands; then a difference is decided by the
/// policy of conflicts, and nothing by commit ids alone.
/// </param>
public readonly record struct SharedHistory(long UntilCommitId, bool IsCertain);
