namespace AtSync.Storage.Server.Shards;

/// <summary>What a tenant's row counts. Changed together with the records, in the same transaction.</summary>
internal sealed class TenantTotals
{
    /// <summary>Highest commit id ever given out, -1 when none.</summary>
    public long LastCommitId { get; set; } = -1;

    /// <summary>Records, tombstones not counted.</summary>
    public long Records { get; set; }

    /// <summary>Key, value and metadata bytes of those records.</summary>
    public long Bytes { get; set; }
}
