using AtSync.Storage.Server;

namespace AtSync.Server.Notifications;

/// <summary>What <c>stats:11</c> tells of an atSign's notifications that are not over.</summary>
internal sealed class NotificationCounts
{
    private const int PageItems = 500;

    private int _sent;
    private int _received;
    private int _delivered;
    private int _failed;
    private int _queued;
    private int _updates;
    private int _deletes;
    private int _keys;
    private int _texts;
    private long _nowMs;

    public static async ValueTask<NotificationCounts> OfAsync(AtServer server, CancellationToken cancellationToken)
    {
        var counts = new NotificationCounts { _nowMs = server.Host.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds() };
        var after = "";
        while (true)
        {
            var page = await server.Store.Notifications.ReadAsync(after, PageItems, cancellationToken);
            foreach (var stored in page)
            {
                after = stored.Id;
                counts.Add(stored);
            }

            if (page.Count < PageItems)
            {
                return counts;
            }
        }
    }

    public string ToJson() =>
        $"{{\"total\":{_sent + _received},\"type\":{{\"sent\":{_sent},\"received\":{_received}}},"
        + $"\"status\":{{\"delivered\":{_delivered},\"failed\":{_failed},\"queued\":{_queued}}},"
        + $"\"operations\":{{\"update\":{_updates},\"delete\":{_deletes}}},\"messageType\":{{\"key\":{_keys},\"text\":{_texts}}},\"createdOn\":{_nowMs}}}";

    private void Add(StoredNotification stored)
    {
        if (stored.Kind == NotificationKind.Self || stored.ExpiresAtMs <= _nowMs)
        {
            return;
        }

        var item = Notification.Of(stored);
        _ = item.Kind == NotificationKind.Sent ? _sent++ : _received++;
        _ = item.Operation == Notification.Delete ? _deletes++ : _updates++;
        _ = item.MessageType == "text" ? _texts++ : _keys++;
        _ = item.Status switch
        {
            NotificationStatus.Delivered => _delivered++,
            NotificationStatus.Errored => _failed++,
            _ => _queued++,
        };
    }
}
