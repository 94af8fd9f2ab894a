using System.Globalization;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Notifications;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// One notification by its id: <c>notify:status:&lt;id&gt;</c> → <c>data:delivered</c>, <c>notify:fetch:&lt;id&gt;</c> → everything about it with
/// all values texts, <c>notify:remove:&lt;id&gt;</c> → <c>data:success</c>.
/// </summary>
internal static class NotifyFetchHandler
{
    public static async ValueTask<Response> HandleStatusAsync(NotifyStatusVerb verb, Session session)
    {
        var stored = await session.Server.Store.Notifications.FindAsync(verb.Id, session.Closed);
        // Ids are chosen by clients, so others must not be able to try them; an atServer may ask after what it sent itself.
        var isOfCaller = session.Caller.IsOwner || (session.Caller is Caller.Peer peer && stored?.Peer == peer.AtSign.ToString());
        return stored is null || !isOfCaller ? Response.Null
            : Refusal(Notification.Of(stored), session) is { } refusal ? Response.Refuse(refusal)
            : Response.Data(StatusOf(stored, session));
    }

    public static async ValueTask<Response> HandleAsync(NotifyFetchVerb verb, Session session)
    {
        var output = session.NewPayload();
        var stored = await session.Server.Store.Notifications.FindAsync(verb.Id, session.Closed);
        if (stored is null)
        {
            output.Write("{\"id\":"u8);
            JsonText.WriteString(verb.Id, output);
            output.Write(",\"notificationStatus\":\"NotificationStatus.expired\"}"u8);
            return Response.Data(output.Written);
        }

        var item = Notification.Of(stored);
        if (Refusal(item, session) is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        var line = item.ToLine(session.Server.Owner);
        (string Name, string? Value)[] members =
        [
            ("id", item.Id),
            ("fromAtSign", line.From),
            ("notificationDateTime", Time(item.CreatedAtMs)),
            ("toAtSign", line.To),
            ("notification", item.Text),
            ("type", $"NotificationType.{item.Kind.ToString().ToLowerInvariant()}"),
            ("opType", $"OperationType.{item.Operation}"),
            ("messageType", line.MessageType),
            ("priority", $"NotificationPriority.{item.Priority}"),
            ("notificationStatus", $"NotificationStatus.{StatusOf(stored, session)}"),
            ("retryCount", (item.Attempts + 1).ToString(CultureInfo.InvariantCulture)),
            ("strategy", item.Strategy),
            ("depth", item.LatestN.ToString(CultureInfo.InvariantCulture)),
            ("notifier", item.Notifier),
            ("expiresAt", Time(item.ExpiresAtMs)),
            ("atValue", item.Value),
            ("atMetadata", MetadataOf(item)),
            ("ttl", (item.ExpiresAtMs - item.CreatedAtMs).ToString(CultureInfo.InvariantCulture)),
        ];
        foreach (var (name, value) in members)
        {
            output.Write(output.Length == 0 ? "{"u8 : ","u8);
            JsonText.WriteString(name, output);
            output.Write(":"u8);
            JsonText.WriteString(value ?? "null", output);
        }

        output.Write("}"u8);
        return Response.Data(output.Written);
    }

    public static async ValueTask<Response> HandleRemoveAsync(NotifyRemoveVerb verb, Session session)
    {
        var stored = await session.Server.Store.Notifications.FindAsync(verb.Id, session.Closed);
        if (stored is not null)
        {
            if (AccessPolicy.CheckWrite(session.Caller, AtKey.Fold(Notification.Of(stored).Text), "remove the notification of") is { } refusal)
            {
                return Response.Refuse(refusal);
            }

            await session.Server.Store.Notifications.RemoveAsync(verb.Id, CancellationToken.None);
        }

        return Response.Data("success");
    }

    /// <summary>For enrollments only: strangers may ask what became of an id, which is all that a status tells.</summary>
    private static AtError? Refusal(Notification item, Session session) => NotificationRules.MaySee(session.Caller, item)
        ? null
        : AccessPolicy.CheckRead(session.Caller, AtKey.Fold(item.Text), "fetch notify");

    private static string StatusOf(StoredNotification stored, Session session) =>
        stored.ExpiresAtMs <= session.Clock.GetUtcNow().ToUnixTimeMilliseconds() && stored.Status != NotificationStatus.Delivered
            ? "expired"
            : stored.Status.ToString().ToLowerInvariant();

    private static string Time(long ms) => AtMetadataJson.FormatTime(DateTimeOffset.FromUnixTimeMilliseconds(ms));

    /// <summary>JSON of the metadata; the reference prints a text of its own that nothing can read.</summary>
    private static string MetadataOf(Notification item)
    {
        using var buffer = new AnswerBuffer();
        AtMetadataJson.WriteTyped(item.Metadata, buffer);
        return System.Text.Encoding.UTF8.GetString(buffer.Written.Span);
    }
}
