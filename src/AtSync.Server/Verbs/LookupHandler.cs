using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Peers;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>lookup:all:phone.app@alice</c>: a stranger gets the public record, the owner what the atSign shares with itself (<c>@alice:phone.app@alice</c>).
/// Another atSign's record is with that atSign's server.
/// </summary>
internal static class LookupHandler
{
    public static async ValueTask<Response> HandleAsync(LookupVerb verb, Session session)
    {
        var server = session.Server;
        if (!AtSign.TryParse(verb.Owner, out var owner, out var problem))
        {
            return Response.Refuse(AtErrorCodes.InternalException, problem);
        }

        if (session.Caller is Caller.Peer peer)
        {
            var shared = AtKey.Fold($"{peer.AtSign}:{verb.Key}{owner}");
            server.Access.LookedUp($"{verb.Key}{owner}", session.Clock.GetUtcNow());
            return RecordAnswer.Of(await server.Store.GetAsync(shared, session.Closed), shared, verb.Operation, session);
        }

        if (!session.Caller.IsOwner)
        {
            var publicKey = AtKey.Fold($"public:{verb.Key}{owner}");
            if (!verb.Key.StartsWith('_'))
            {
                server.Access.LookedUp($"{verb.Key}{owner}", session.Clock.GetUtcNow());
            }

            return await References.FollowAsync(
                RecordAnswer.Of(await server.Store.GetAsync(publicKey, session.Closed), publicKey, verb.Operation, session), verb.Operation, session);
        }

        if (owner != server.Owner)
        {
            return await RemoteLookup.AskAsync(verb.Key, owner, isPublic: false, verb.Operation, verb.BypassCache ?? false, session);
        }

        var key = AtKey.Fold($"{server.Owner}:{verb.Key}{owner}");
        if (AccessPolicy.CheckRead(session.Caller, key, "lookup") is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        return await References.FollowAsync(
            RecordAnswer.Of(await server.Store.GetAsync(key, session.Closed), key, verb.Operation, session), verb.Operation, session);
    }
}
