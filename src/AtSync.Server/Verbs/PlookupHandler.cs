using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Peers;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary><c>plookup:all:publickey@alice</c>: a public record as everybody sees it. The own atSign's is here; it is never cached.</summary>
internal static class PlookupHandler
{
    public static async ValueTask<Response> HandleAsync(PlookupVerb verb, Session session)
    {
        if (!AtSign.TryParse(verb.Owner, out var owner, out var problem))
        {
            return Response.Refuse(AtErrorCodes.InternalException, problem);
        }

        if (owner != session.Server.Owner)
        {
            return await RemoteLookup.AskAsync(verb.Key, owner, isPublic: true, verb.Operation, verb.BypassCache ?? false, session);
        }

        var key = AtKey.Fold($"public:{verb.Key}{owner}");
        return await References.FollowAsync(
            RecordAnswer.Of(await session.Server.Store.GetAsync(key, session.Closed), key, verb.Operation, session), verb.Operation, session);
    }
}
