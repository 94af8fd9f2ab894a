using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Records;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary><c>llookup:all:@bob:phone.app@alice</c> → <c>data:{"key":…,"data":…,"metaData":{…}}</c>: what is stored here, as it is.</summary>
internal static class LlookupHandler
{
    public static async ValueTask<Response> HandleAsync(LlookupVerb verb, Session session)
    {
        if (KeyRules.Compose(verb.IsCached, verb.IsPublic, verb.SharedWith, verb.Key, verb.Owner, out var key) is { } malformed)
        {
            return Response.Refuse(malformed);
        }

        // Public data is for everybody, so it is for every enrollment.
        if (!key.StartsWith("public:", StringComparison.Ordinal) && AccessPolicy.CheckRead(session.Caller, key, "llookup") is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        return RecordAnswer.Of(await session.Server.Store.GetAsync(key, session.Closed), key, verb.Operation, session);
    }
}
