using AtSync.Protocol;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>What a tenant's row counts, and what it allows. Changed together with the records, in the same transaction.</summary>
internal sealed class TenantTotals
{
    /// <summary>The columns that <see cref="Read"/> takes, in its order.</summary>
    public const string Columns = "last_commit_id, records, bytes, notifications, notification_bytes, " + QuotaColumns;

    private const string QuotaColumns = "max_records, max_bytes, max_notifications, max_notification_bytes";

    /// <summary>Highest commit id ever given out, -1 when none.</summary>
    public long LastCommitId { get; set; } = -1;

    /// <summary>Records, tombstones not counted.</summary>
    public long Records { get; set; }

    /// <summary>Key, value and metadata bytes of those records.</summary>
    public long Bytes { get; set; }

    /// <summary>Notifications.</summary>
    public long Notifications { get; set; }

    /// <summary>Id, peer and body bytes of those notifications.</summary>
    public long NotificationBytes { get; set; }

    /// <summary>What was set for this tenant alone.</summary>
    public StoreQuota OwnQuota { get; set; } = StoreQuota.Unset;

    /// <summary>As a line for people.</summary>
    public StoreSummary Summarize(AtSign atSign, StoreQuota defaults) => new(atSign, Records, Bytes, LastCommitId, Notifications, NotificationBytes)
    {
        OwnQuota = OwnQuota,
        Quota = OwnQuota.Over(defaults),
    };

    /// <summary>Reads a row's columns from <paramref name="first"/> on.</summary>
    public static TenantTotals Read(SqliteStatement row, int first)
    {
        var totals = new TenantTotals
        {
            LastCommitId = row.Long(first),
            Records = row.Long(first + 1),
            Bytes = row.Long(first + 2),
            Notifications = row.Long(first + 3),
            NotificationBytes = row.Long(first + 4),
        };
        var quota = new StoreQuota
        {
            Records = row.LongOrNull(first + 5),
            Bytes = row.LongOrNull(first + 6),
            Notifications = row.LongOrNull(first + 7),
            NotificationBytes = row.LongOrNull(first + 8),
        };
        totals.OwnQuota = quota == StoreQuota.Unset ? StoreQuota.Unset : quota;
        return totals;
    }
}
