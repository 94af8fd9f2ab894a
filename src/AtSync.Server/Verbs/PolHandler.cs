using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>pol</c>: another atServer's proof. It is checked by asking the atSign's own server, found through the atDirectory; a server that has no way
/// to peers says so instead of leaving the caller to guess.
/// </summary>
internal static class PolHandler
{
    public static ValueTask<Response> HandleAsync(Session session) => ValueTask.FromResult(
        session.TakeChallenge() is { } challenge && challenge.Claimed != session.Server.Owner
            ? RecordAnswer.OfOther(challenge.Claimed)
            : Response.Refuse(
                AtErrorCodes.InternalException, "You must execute a 'from:' command before you may run the pol command", closes: true));
}
