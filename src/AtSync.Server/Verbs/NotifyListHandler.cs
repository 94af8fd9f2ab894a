using System.Globalization;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Notifications;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>notify:list:2026-01-01:2026-02-01:\.app</c> → <c>data:[{"id":…},…]</c>: what was received and is not over, in the order of arrival; nothing
/// is <c>data:null</c>, and so is everything for those who are not the owner. Days are days of UTC.
/// </summary>
internal static class NotifyListHandler
{
    private const int PageItems = 200;

    public static async ValueTask<Response> HandleAsync(NotifyListVerb verb, Session session)
    {
        if (!session.Caller.IsOwner)
        {
            return Response.Null;
        }

        if (KeyPattern.TryRead(verb.Regex, session, isLasting: false, out var filter) is { } refusal)
        {
            return refusal;
        }

        var now = session.Clock.GetUtcNow();
        var from = DateTime.MinValue;
        var to = DateTime.MaxValue.Date;
        if ((verb.FromDate is not null && !TryRead(verb.FromDate, out from)) || (verb.ToDate is not null && !TryRead(verb.ToDate, out to)))
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, "Invalid date format");
        }

        if (to < from)
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, "ToDate cannot be less than FromDate");
        }

        var output = session.NewPayload();
        var position = 0L;
        while (true)
        {
            var page = await session.Server.Store.Notifications.ReadReceivedAsync(position, PageItems, session.Closed);
            foreach (var stored in page)
            {
                position = stored.Position;
                var day = DateTimeOffset.FromUnixTimeMilliseconds(stored.CreatedAtMs).UtcDateTime.Date;
                if (stored.Kind == NotificationKind.Received && day >= from && day <= to && Notification.Of(stored) is var item
                    && !item.IsExpired(now.ToUnixTimeMilliseconds()) && NotificationRules.Takes(filter, item)
                    && NotificationRules.MaySee(session.Caller, item))
                {
                    output.Write(output.Length == 0 ? "["u8 : ","u8);
                    item.ToLine(session.Server.Owner).WriteJson(output, leavesNullsOut: !session.HasSaidWho);
                }
            }

            if (filter is { HasGivenUp: true })
            {
                return Response.Refuse(KeyPattern.GivenUp);
            }

            if (page.Count < PageItems)
            {
                break;
            }
        }

        if (output.Length == 0)
        {
            return Response.Null;
        }

        output.Write("]"u8);
        return Response.Data(output.Written);
    }

    private static bool TryRead(string text, out DateTime day) =>
        DateTime.TryParseExact(text, "yyyy-M-d", CultureInfo.InvariantCulture, DateTimeStyles.None, out day);
}
