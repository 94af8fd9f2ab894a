using System.Globalization;
using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>
/// How much one atSign may hold. A member that is null says nothing: then the engine's default decides, and where that says nothing either
/// there is no limit. Checked inside the transaction of each write that makes something grow; what shrinks or goes is never refused.
/// </summary>
public sealed record StoreQuota
{
    /// <summary>For one atSign, where the default has a limit.</summary>
    public const long NoLimit = long.MaxValue;

    /// <summary>Says nothing.</summary>
    public static StoreQuota Unset { get; } = new();

    /// <summary>Records, deletions not counted.</summary>
    public long? Records { get; init; }

    /// <summary>Key, value and metadata bytes of those records.</summary>
    public long? Bytes { get; init; }

    /// <summary>Notifications, received ones and those owed to others.</summary>
    public long? Notifications { get; init; }

    /// <summary>Bytes of those notifications.</summary>
    public long? NotificationBytes { get; init; }

    /// <summary>This where it says something, else the default.</summary>
    public StoreQuota Over(StoreQuota defaults) => this == Unset ? defaults : new StoreQuota
    {
        Records = Records ?? defaults.Records,
        Bytes = Bytes ?? defaults.Bytes,
        Notifications = Notifications ?? defaults.Notifications,
        NotificationBytes = NotificationBytes ?? defaults.NotificationBytes,
    };

    /// <summary>Throws for a negative limit.</summary>
    public void Validate()
    {
        foreach (var limit in new[] { Records, Bytes, Notifications, NotificationBytes })
        {
            ArgumentOutOfRangeException.ThrowIfNegative(limit ?? 0, nameof(StoreQuota));
        }
    }

    /// <summary>Null when the write fits: what is held would become so much, of which so much is new.</summary>
    internal AtError? CheckRecords(long recordsHeld, long recordsMore, long bytesHeld, long bytesMore) =>
        Exceeded("records", Records, recordsHeld, recordsMore, "delete some records")
        ?? Exceeded("bytes", Bytes, bytesHeld, bytesMore, "delete some records or make them smaller");

    /// <summary>Null when a notification fits. What the server tells the atSign itself always does: strangers must not be able to crowd it out.</summary>
    internal AtError? CheckNotification(StoredNotification item, long held, long bytesHeld) => item.Kind == NotificationKind.Self
        ? null
        : Exceeded("notifications", Notifications, held, 1, "remove some, or wait until some expire")
            ?? Exceeded("notificationBytes", NotificationBytes, bytesHeld, item.Size, "remove some, or wait until some expire");

    private static AtError? Exceeded(string name, long? limit, long held, long more, string remedy) =>
        limit is { } max && more > 0 && more > max - held
            ? new AtError(
                AtErrorCodes.DataStore,
                string.Create(CultureInfo.InvariantCulture, $"quota {name} exceeded: {max} allowed, {held} used, {more} more asked for. Ask the operator for more, or {remedy}"))
            : null;
}
