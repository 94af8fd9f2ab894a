using System.Globalization;
using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Notifications;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>stats:3</c> → <c>data: [{"id":"3","name":"lastCommitID","value":"17"}]</c> (with that space). Composite values are JSON inside a string.
/// What this server has not (compaction, a durable access log) is answered as empty, never made up.
/// </summary>
internal static class StatsHandler
{
    private const int Default = 15;

    public static async ValueTask<Response> HandleAsync(StatsVerb verb, Session session)
    {
        IEnumerable<int> ids = verb.Ids is { Count: > 0 } asked ? asked : Enumerable.Range(1, Default);
        if (KeyPattern.TryRead(verb.Regex, session, isLasting: false, out var filter) is { } refusal)
        {
            return refusal;
        }

        var output = session.NewPayload();
        output.Write("["u8);
        var isFirst = true;
        foreach (var id in ids)
        {
            if (NameOf(id) is not { } name)
            {
                // The reference leaves the code unset here and prints the word.
                return new ErrorResponse { Error = new AtError("null", "InvalidSyntaxException"), HasColonForm = true };
            }

            output.Write(isFirst ? "{\"id\":\""u8 : ", {\"id\":\""u8);
            isFirst = false;
            output.WriteNumber(id);
            output.Write("\",\"name\":\""u8);
            output.Write(Encoding.ASCII.GetBytes(name));
            output.Write("\",\"value\":"u8);
            if (id == 4)
            {
                output.WriteNumber(session.Server.Store.ByteCount);
            }
            else
            {
                JsonText.WriteString(await ValueOfAsync(id, verb.Regex, filter, session), output);
            }

            if (filter is { HasGivenUp: true })
            {
                return Response.Refuse(KeyPattern.GivenUp);
            }

            output.Write("}"u8);
        }

        output.Write("]"u8);
        return new DataResponse { Payload = output.Written, HasSpace = true };
    }

    private static string? NameOf(int id) => id switch
    {
        1 => "activeInboundConnections",
        2 => "activeOutboundConnections",
        3 => "lastCommitID",
        4 => "secondaryStorageSize",
        5 => "topAtSigns",
        6 => "topKeys",
        7 => "secondaryServerVersion",
        8 => "LastLoggedInDatetime",
        9 => "diskSize",
        10 => "LastPkam",
        11 => "NotificationCount",
        12 => "CommitLogCompactionStats",
        13 => "AccessLogCompactionStats",
        14 => "NotificationCompactionStats",
        15 => "LatestCommitEntryOfEachKey",
        16 => "inboundConnectionsSummary",
        17 => "inboundConnectionsDetails",
        _ => null,
    };

    private static async ValueTask<string> ValueOfAsync(int id, string? pattern, KeyPattern? filter, Session session)
    {
        var server = session.Server;
        switch (id)
        {
            case 1:
                return Number(server.SessionCount);
            case 2:
                return Number(session.Host.Peers?.CountOf(server.Owner) ?? 0);
            case 3:
                var newest = await NewestAsync(pattern, filter, session);
                return newest < 0 ? "null" : Number(newest);
            case 5:
                return Counts(server.Access.TopAtSigns);
            case 6:
                return Counts(server.Access.TopKeys);
            case 7:
                return ServerVersion.Protocol;
            case 8:
                return TimeText(server.Access.LastAccess);
            case 9:
                return SizeText(server.Store.ByteCount);
            case 10:
                return TimeText(server.Access.LastPkam);
            case 11:
                return (await NotificationCounts.OfAsync(server.Store.Notifications, session.Closed)).ToJson(session.Clock.GetUtcNow());
            case 15:
                return await LatestOfEachKeyAsync(filter, session);
            case 16:
                return Summary(server.Sessions);
            case 17:
                return Details(server.Sessions);
            default:
                return "{}";
        }
    }

    /// <summary>The highest commit id that this client would be sent, -1 for none.</summary>
    private static async ValueTask<long> NewestAsync(string? pattern, KeyPattern? filter, Session session)
    {
        var server = session.Server;
        var sync = new SyncFilter(session.Caller, filter);
        if (sync.TakesAll)
        {
            return await server.Store.LastLoggedCommitIdAsync(session.Closed);
        }

        var name = $"{session.Caller.Enrollment?.Id}\n{pattern}";
        var (newest, readTo) = server.NewestMatches.Find(name);
        await server.Store.ReadLogAsync(
            readTo,
            -1,
            (in LogEntryView entry) =>
            {
                readTo = entry.CommitId;
                newest = sync.Takes(entry) ? entry.CommitId : newest;
                return !sync.HasGivenUp;
            },
            session.Closed);
        if (!sync.HasGivenUp)
        {
            server.NewestMatches.Keep(name, newest, readTo);
        }

        return newest;
    }

    private static async ValueTask<string> LatestOfEachKeyAsync(KeyPattern? filter, Session session)
    {
        var sync = new SyncFilter(session.Caller, filter);
        var text = new StringBuilder("{");
        await session.Server.Store.ReadLogAsync(
            -1,
            -1,
            (in LogEntryView entry) =>
            {
                if (sync.TakesAll || sync.Takes(entry))
                {
                    text.Append(text.Length > 1 ? "," : "").Append(Quoted(Encoding.UTF8.GetString(entry.Key)))
                        .Append(":[").Append(Number(entry.CommitId)).Append(",\"").Append((char)entry.Op).Append("\"]");
                }

                return !sync.HasGivenUp;
            },
            session.Closed);
        return text.Append('}').ToString();
    }

    private static string Summary(IReadOnlyList<Session> sessions)
    {
        var of = sessions.CountBy(TypeOf).ToDictionary();
        return $"{{\"self\":{Number(of.GetValueOrDefault("self"))},\"other\":{Number(of.GetValueOrDefault("other"))},\"anon\":{Number(of.GetValueOrDefault("anon"))}}}";
    }

    private static string TypeOf(Session session) => session.Caller switch
    {
        Caller.Owner => "self",
        Caller.Peer => "other",
        _ => "anon",
    };

    private static string Counts(IReadOnlyList<KeyValuePair<string, int>> counts) =>
        $"{{{string.Join(',', counts.Select(entry => $"{Quoted(entry.Key)}:{Number(entry.Value)}"))}}}";

    private static string Details(IReadOnlyList<Session> sessions) => "[" + string.Join(',', sessions.Select(session =>
        $"{{\"sessionId\":{Quoted(session.Id)},\"type\":\"{TypeOf(session)}\","
        + $"\"monitor\":{(session.Monitor is null ? "false" : "true")},\"openedAt\":{Quoted(AtMetadataJson.FormatTime(session.OpenedAt))}}}")) + "]";

    private static string SizeText(long bytes)
    {
        if (bytes == 0)
        {
            return "{\"size\":\"0\",\"unit\":\"B\"}";
        }

        var (size, unit) = bytes switch
        {
            < 1024 => ((double)bytes, "B"),
            < 1 << 20 => (bytes / 1024.0, "KB"),
            < 1 << 30 => (bytes / (1024.0 * 1024), "MB"),
            _ => (bytes / (1024.0 * 1024 * 1024), "GB"),
        };
        return $"{{\"size\":\"{size.ToString("0.00", CultureInfo.InvariantCulture)}\",\"units\":\"{unit}\"}}";
    }

    private static string TimeText(DateTimeOffset? time) => time is { } value ? AtMetadataJson.FormatTime(value) : "Not Available";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Quoted(string text)
    {
        using var buffer = new AnswerBuffer();
        JsonText.WriteString(text, buffer);
        return Encoding.UTF8.GetString(buffer.Written.Span);
    }
}
