using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
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
    public static ValueTask<Response> HandleAsync(MonitorVerb verb, Session session)
    {
        if (Patterns.TryRead(verb.Regex, out var filter) is { } refusal)
        {
            return ValueTask.FromResult(refusal);
        }

        session.StartMonitor(filter, isAnnounced: verb.Multiplexed);
        return ValueTask.FromResult<Response>(NoResponse.Instance);
    }
}
