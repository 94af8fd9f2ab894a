using AtSync.Storage.Server;

namespace AtSync.Server.Administration;

/// <summary>Other limits for one atSign, by name; those that are not named stay as they were.</summary>
/// <param name="Limits">Name and limit; null gives the limit back to the server's default, <see cref="StoreQuota.NoLimit"/> lifts it.</param>
public sealed record QuotaChange(IReadOnlyDictionary<string, long?> Limits)
{
    /// <summary>The names there are: those of <see cref="StoreQuota"/>, as they stand in refusals.</summary>
    public static IReadOnlyList<string> Names { get; } = ["records", "bytes", "notifications", "notificationBytes"];

    /// <summary>Null, or what is wrong with it.</summary>
    public string? Problem => Limits.Count == 0 ? $"A quota names at least one of {string.Join(", ", Names)}."
        : Limits.Keys.FirstOrDefault(name => !Names.Contains(name)) is { } unknown ? $"There is no quota '{unknown}'; there are {string.Join(", ", Names)}."
        : Limits.Any(limit => limit.Value < 0) ? "A quota is no negative number."
        : null;

    /// <summary>The limits with this change.</summary>
    public StoreQuota ApplyTo(StoreQuota own) => own with
    {
        Records = Of("records", own.Records),
        Bytes = Of("bytes", own.Bytes),
        Notifications = Of("notifications", own.Notifications),
        NotificationBytes = Of("notificationBytes", own.NotificationBytes),
    };

    private long? Of(string name, long? before) => Limits.TryGetValue(name, out var limit) ? limit : before;
}
