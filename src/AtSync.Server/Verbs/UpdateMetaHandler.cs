using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Records;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary><c>update:meta:@bob:phone.app@alice:ttl:0</c> → <c>data:18</c>. The value stays; a missing key is made without one.</summary>
internal static class UpdateMetaHandler
{
    public static ValueTask<Response> HandleAsync(UpdateMetaVerb verb, Session session) =>
        Prepare(verb, session, ifCommit: null).ApplyAsync(session);

    public static PreparedChange Prepare(UpdateMetaVerb verb, Session session, long? ifCommit) =>
        KeyRules.Compose(isCached: false, verb.IsPublic, verb.SharedWith, verb.Key, verb.Owner, out var key) is { } malformed
            ? malformed
            : UpdateHandler.Prepare(key, verb.Owner, verb.Metadata, value: null, verb.NoCommit, session, ifCommit);
}
