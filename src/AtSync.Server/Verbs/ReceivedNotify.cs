using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Notifications;
using AtSync.Server.Peers;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>notify</c> of another atServer → <c>data:success</c> once the notification, and what it does to the cached copy of the record, are on disk in
/// one transaction. One whose id is held, or whose time is over, is answered the same and does nothing.
/// </summary>
internal static class ReceivedNotify
{
    private static readonly Response Success = Response.Data("success");

    public static async ValueTask<Response> HandleAsync(NotifyVerb verb, AtSign peer, Session session)
    {
        var own = session.Server.Owner;
        if (!AtSign.TryParse(verb.To, out var to, out var problem))
        {
            return Response.Refuse(AtErrorCodes.InternalException, problem);
        }

        var from = peer;
        if (to != own || (verb.From is not null && (!AtSign.TryParse(verb.From, out from, out _) || from != peer)))
        {
            return Response.Refuse(AtErrorCodes.Unauthorized, $"{peer} may notify {own} of its own records only");
        }

        if (verb.Value is { Length: var length } && length > session.Limits.ValueBytesMax)
        {
            return Response.Refuse(
                AtErrorCodes.IllegalArguments, $"value of {length} bytes is greater than the {session.Limits.ValueBytesMax} allowed");
        }

        if (MetadataRules.Check(verb.Metadata) is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        var isText = verb.MessageType == "text";
        var isPublic = !isText && verb.Key.StartsWith("public:", StringComparison.Ordinal);
        var text = isText ? $"{own}:{verb.Key}" : isPublic ? $"{verb.Key}{peer}" : $"{own}:{verb.Key}{peer}";
        var cachedKey = AtKey.Fold($"cached:{text}");
        if (cachedKey.Length > AtKey.MaxCachedLength)
        {
            return Response.Refuse(AtErrorCodes.InvalidKey, $"notification key length {cachedKey.Length} is greater than {AtKey.MaxCachedLength} chars");
        }

        var now = session.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var item = new Notification
        {
            Id = verb.Id ?? session.Host.Options.Random.NewUuid(),
            Kind = NotificationKind.Received,
            Status = NotificationStatus.Delivered,
            Peer = peer,
            CreatedAtMs = now,
            ExpiresAtMs = NotificationRules.ExpiryOf(verb, now, session.Limits),
            Text = text,
            Value = verb.Value is { } value ? Encoding.UTF8.GetString(value.Span) : null,
            Operation = verb.Operation ?? Notification.Update,
            MessageType = verb.MessageType ?? "key",
            Notifier = verb.Notifier ?? "SYSTEM",
            Metadata = verb.Metadata,
        };
        return !item.IsExpired(now)
            && await session.Server.Notifications.ReceiveAsync(item, isText ? null : ChangeOf(verb, item, cachedKey, now)) is { } noRoom
                ? Response.Refuse(noRoom)
                : Success;
    }

    private static CachedCopyChange? ChangeOf(NotifyVerb verb, Notification item, string cachedKey, long now)
    {
        if (item.Operation == Notification.Delete)
        {
            return CachedCopyChange.Cascade(cachedKey, now);
        }

        return verb.Metadata.Ttr is null or 0 ? null : CachedCopyChange.Update(cachedKey, verb.Metadata, verb.Value, now);
    }
}
