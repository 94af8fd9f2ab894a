using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Notifications;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>monitor:1700000000000 .app</c>: from now on the connection also carries <c>notification: {…}</c> lines. No answer; the connection still takes
/// commands. A second <c>monitor</c> changes the first one.
/// </summary>
/// <remarks>
/// <c>multiplexed</c> is the form of our own client, which sends requests over the same connection: it is told the latest commit id at once, so
/// that no commit can slip in between its last pull and the moment the monitor counts.
/// </remarks>
internal static class MonitorHandler
{
    public static async ValueTask<Response> HandleAsync(MonitorVerb verb, Session session)
    {
        if (KeyPattern.TryRead(verb.Regex, session, isLasting: true, out var filter) is { } refusal)
        {
            return refusal;
        }

        // With a time the stored ones come first; without one it begins at what comes from now on, and a second monitor goes on where it is.
        long? after = verb.EpochMs is not null ? 0
            : session.Monitor is null ? await session.Server.Store.Notifications.LastPositionAsync(session.Closed)
            : null;
        session.StartMonitor(new MonitorWish(filter, verb.SelfNotifications, after, verb.EpochMs ?? -1), isAnnounced: verb.Multiplexed);
        return NoResponse.Instance;
    }
}
