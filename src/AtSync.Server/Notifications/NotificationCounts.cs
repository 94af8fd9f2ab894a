using System.Text.Json;
using AtSync.Storage.Server;

namespace AtSync.Server.Notifications;

/// <summary>What <c>stats:11</c> tells of an atSign's notifications: all that are held, those that are over until they are swept.</summary>
internal sealed class NotificationCounts
{
    private int _sent;
    private int _received;
    private int _delivered;
    private int _failed;
    private int _queued;
    private int _updates;
    private int _deletes;
    private int _keys;
    private int _texts;

    public static async ValueTask<NotificationCounts> OfAsync(INotificationLog log, CancellationToken cancellationToken)
    {
        var counts = new NotificationCounts();
        await log.VisitAsync(counts.Add, cancellationToken);
        return counts;
    }

    public string ToJson(DateTimeOffset now) =>
        $"{{\"total\":{_sent + _received},\"type\":{{\"sent\":{_sent},\"received\":{_received}}},"
        + $"\"status\":{{\"delivered\":{_delivered},\"failed\":{_failed},\"queued\":{_queued}}},"
        + $"\"operations\":{{\"update\":{_updates},\"delete\":{_deletes}}},\"messageType\":{{\"key\":{_keys},\"text\":{_texts}}},"
        + $"\"createdOn\":{now.ToUnixTimeMilliseconds()}}}";

    private void Add(in NotificationView item)
    {
        if (item.Kind == NotificationKind.Self)
        {
            return;
        }

        _ = item.Kind == NotificationKind.Sent ? _sent++ : _received++;
        _ = item.Status switch
        {
            NotificationStatus.Delivered => _delivered++,
            NotificationStatus.Errored => _failed++,
            _ => _queued++,
        };
        var (isDelete, isText) = ReadBody(item.Body);
        _ = isDelete ? _deletes++ : _updates++;
        _ = isText ? _texts++ : _keys++;
    }

    /// <summary>Only the two members that are counted; the body was made here, see <see cref="Notification.ToStored"/>.</summary>
    private static (bool IsDelete, bool IsText) ReadBody(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        var isDelete = false;
        var isText = false;
        while (reader.Read())
        {
            if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            var isOperation = reader.ValueTextEquals("operation"u8);
            var isType = reader.ValueTextEquals("messageType"u8);
            reader.Read();
            isDelete |= isOperation && reader.ValueTextEquals("delete"u8);
            isText |= isType && reader.ValueTextEquals("text"u8);
        }

        return (isDelete, isText);
    }
}
