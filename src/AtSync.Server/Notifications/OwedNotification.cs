using System.Text;
using AtSync.Protocol;
using AtSync.Server.Records;
using AtSync.Storage.Server;

namespace AtSync.Server.Notifications;

/// <summary>
/// What a write to a shared record owes to the one it is shared with. Made inside the store's transaction, from the record as it is then, and
/// durable together with it.
/// </summary>
internal sealed class OwedNotification
{
    private readonly string _id;
    private readonly AtSign _to;
    private readonly string _key;
    private readonly AtMetadata _given;
    private readonly long _nowMs;
    private readonly long _lifeMs;

    private OwedNotification(string id, AtSign to, string key, AtMetadata given, long nowMs, long lifeMs) =>
        (_id, _to, _key, _given, _nowMs, _lifeMs) = (id, to, key, given, nowMs, lifeMs);

    /// <summary>Null when the key is shared with nobody else.</summary>
    public static OwedNotification? For(string key, AtSign owner, AtMetadata given, long nowMs, AtServerHost host)
    {
        var colon = key.IndexOf(':', StringComparison.Ordinal);
        if (!host.Options.AutoNotify || colon < 2 || key[0] != '@' || !AtSign.TryParse(key.AsSpan(0, colon), out var to, out _) || to == owner)
        {
            return null;
        }

        var lifeMs = (long)host.Limits.AutoNotificationLife.TotalMilliseconds;
        return new OwedNotification(host.Options.Random.NewUuid(), to, key, given, nowMs, lifeMs);
    }

    /// <param name="record">As written.</param>
    /// <param name="hasValue">False for a change of metadata only.</param>
    public StoredNotification OfUpdate(StoredRecord record, bool hasValue) => Make(
        Notification.Update,
        hasValue ? Encoding.UTF8.GetString(record.Value.Span) : null,
        MetadataRules.Read(record.Metadata.Span) with
        {
            CreatedAt = _given.CreatedAt,
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(record.Times.UpdatedAtMs),
            AvailableAt = _given.AvailableAt,
            ExpiresAt = _given.ExpiresAt,
        });

    /// <summary>The metadata says at most when the deletion was made.</summary>
    public StoredNotification OfDelete() => Make(Notification.Delete, value: null, _given);

    private StoredNotification Make(string operation, string? value, AtMetadata metadata) => new Notification
    {
        Id = _id,
        Kind = NotificationKind.Sent,
        Status = NotificationStatus.Queued,
        Peer = _to,
        CreatedAtMs = _nowMs,
        ExpiresAtMs = _nowMs + _lifeMs,
        Text = _key,
        Value = value,
        Operation = operation,
        Notifier = "system",
        Metadata = metadata,
    }.ToStored();
}
