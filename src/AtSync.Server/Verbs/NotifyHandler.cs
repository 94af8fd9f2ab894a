using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Notifications;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>notify:update:ttln:60000:@bob:phone.app@alice:123</c> → <c>data:&lt;id&gt;</c> once it is on disk; whether it arrived is asked by
/// <c>notify:status</c>. One to the own atSign has arrived with that.
/// </summary>
internal static class NotifyHandler
{
    public static async ValueTask<Response> HandleAsync(NotifyVerb verb, Session session)
    {
        if (session.Caller is Caller.Peer peer)
        {
            return await ReceivedNotify.HandleAsync(verb, peer.AtSign, session);
        }

        if (!session.Caller.IsOwner)
        {
            return Response.Refuse(AtErrorCodes.Unauthenticated, "Notify command cannot be executed without authentication");
        }

        if (Prepare(verb, session, out var item) is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        // What is over already is accepted and forgotten, as in 2026.
        return !item!.IsExpired(item.CreatedAtMs) && await session.Server.Notifications.SendAsync(item) is { } noRoom
            ? Response.Refuse(noRoom)
            : Response.Data(item.Id);
    }

    /// <summary><c>notify:all:@bob,@carol:phone.app@alice:123</c> → <c>data: {"@bob":"&lt;id&gt;","@carol":"&lt;id&gt;"}</c>.</summary>
    public static async ValueTask<Response> HandleAllAsync(NotifyAllVerb verb, Session session)
    {
        var items = new List<Notification>();
        foreach (var to in verb.To)
        {
            var one = new NotifyVerb
            {
                Operation = verb.Operation,
                MessageType = verb.MessageType,
                Metadata = new AtMetadata { Ttl = verb.Ttl, Ttb = verb.Ttb, Ttr = verb.Ttr, Ccd = verb.Ccd },
                To = to.TrimStart('@'),
                Key = verb.Key,
                From = verb.From,
                Value = verb.Value,
            };
            if (Prepare(one, session, out var item) is { } refusal)
            {
                return Response.Refuse(refusal);
            }

            items.Add(item!);
        }

        var answer = session.NewPayload();
        foreach (var item in items)
        {
            if (await session.Server.Notifications.SendAsync(item) is { } noRoom)
            {
                return Response.Refuse(noRoom with { Detail = $"{noRoom.Detail}. It was sent to the atSigns before {item.Peer} only" });
            }

            answer.Write(answer.Length == 0 ? "{"u8 : ","u8);
            JsonText.WriteString(item.Peer.ToString(), answer);
            answer.Write(":"u8);
            JsonText.WriteString(item.Id, answer);
        }

        answer.Write(answer.Length == 0 ? "{}"u8 : "}"u8);
        return new DataResponse { Payload = answer.Written, HasSpace = true };
    }

    private static AtError? Prepare(NotifyVerb verb, Session session, out Notification? item)
    {
        item = null;
        var own = session.Server.Owner;
        var from = own;
        if (verb.From is not null && !AtSign.TryParse(verb.From, out from, out var problem))
        {
            return new AtError(AtErrorCodes.InternalException, problem);
        }

        if (from != own)
        {
            return new AtError(AtErrorCodes.Unauthorized, $"{from} is not authorized to send notification as {own}");
        }

        if (!AtSign.TryParse(verb.To, out var to, out problem))
        {
            return new AtError(AtErrorCodes.InternalException, verb.IsPublic ? "a notification needs a recipient: notify:@bob:public:key@alice" : problem);
        }

        if ((Check(verb, session.Limits) ?? MetadataRules.Check(verb.Metadata)) is { } refusal)
        {
            return refusal;
        }

        var text = TextOf(verb, to, own);
        var key = AtKey.Fold(text);
        if ((KeyRules.CheckLength(key) ?? AccessPolicy.CheckWrite(session.Caller, key, "notify")) is { } notAllowed)
        {
            return notAllowed;
        }

        var now = session.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        item = new Notification
        {
            Id = verb.Id ?? session.Host.Options.Random.NewUuid(),
            Kind = to == own ? NotificationKind.Received : NotificationKind.Sent,
            Status = to == own ? NotificationStatus.Delivered : NotificationStatus.Queued,
            Peer = to,
            CreatedAtMs = now,
            ExpiresAtMs = NotificationRules.ExpiryOf(verb, now, session.Limits),
            Text = text,
            Value = verb.Value is { } value ? Encoding.UTF8.GetString(value.Span) : null,
            Operation = verb.Operation ?? Notification.Update,
            MessageType = verb.MessageType ?? "key",
            Priority = verb.Priority ?? "low",
            Strategy = verb.Strategy ?? "all",
            LatestN = verb.LatestN ?? 1,
            Notifier = verb.Notifier ?? "SYSTEM",
            Metadata = verb.Metadata with { Ttl = verb.Metadata.Ttl ?? 0, Ttb = verb.Metadata.Ttb ?? 0, IsEncrypted = IsEncrypted(verb) },
        };
        return null;
    }

    private static AtError? Check(NotifyVerb verb, AtServerLimits limits) => verb switch
    {
        { Strategy: Notification.Latest, Notifier: null } => new AtError(AtErrorCodes.InvalidSyntax, "For Strategy latest, notifier cannot be null"),
        { TtlnMs: not null, ExpiresAt: not null } => new AtError(AtErrorCodes.InvalidSyntax, "ttln and eAtn exclude each other"),
        { IsEphemeral: true } when verb.Operation == Notification.Delete || verb.Metadata.Ttr is not null || verb.Metadata.Ccd is not null =>
            new AtError(AtErrorCodes.InvalidSyntax, "eph goes with none of delete, ttr and ccd"),
        { Value.Length: var length } when length > limits.ValueBytesMax => new AtError(
            AtErrorCodes.IllegalArguments, $"value of {length} bytes is greater than the {limits.ValueBytesMax} allowed"),
        _ => null,
    };

    private static string TextOf(NotifyVerb verb, AtSign to, AtSign own)
    {
        if (verb.MessageType == "text")
        {
            return $"{to}:{verb.Key}";
        }

        return verb.Key.StartsWith("public", StringComparison.Ordinal) ? $"{verb.Key}{own}" : $"{to}:{verb.Key}{own}";
    }

    /// <summary>Senders of sealed values need not say so; those of plain ones must.</summary>
    private static bool IsEncrypted(NotifyVerb verb)
    {
        if (verb.MessageType == "text")
        {
            return verb.Metadata.IsEncrypted ?? false;
        }

        return !verb.Key.StartsWith("public", StringComparison.Ordinal) && (verb.Metadata.IsEncrypted ?? true);
    }
}
