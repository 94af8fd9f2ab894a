namespace AtSync.Client.Sync;

/// <summary>Names of the store's properties that the engine keeps.</summary>
internal static class SyncProperties
{
    /// <summary>SHA-256 of the remote's public key: who it is.</summary>
    public const string Identity = "sync.identity";

    /// <summary>The epoch id of the remote's store.</summary>
    public const string Epoch = "sync.epoch";

    /// <summary>
    /// Set while a resync is under way, so that it is finished after a crash: the commit id up to which the remote shares the history of the one before,
    /// with a <c>?</c> when that is only concluded.
    /// </summary>
    public const string Resync = "sync.resync";

    /// <summary>The scope up to which the main cursor speaks.</summary>
    public const string Scope = "sync.scope";

    /// <summary>Counts changes of the scope, so that the cursor of a widening is never one of an earlier widening.</summary>
    public const string ScopeGeneration = "sync.scopeGeneration";

    /// <summary>The newest wish of a process that does not hold the sync lock: a random token.</summary>
    public const string Wish = "sync.wish";

    /// <summary>The token of the newest wish that a round answers, and how that round ended.</summary>
    public const string Answer = "sync.answer";
}
