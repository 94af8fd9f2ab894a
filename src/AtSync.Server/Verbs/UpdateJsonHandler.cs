using System.Text;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Records;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>update:json:{"atKey":…,"value":…,"metadata":{…}}</c> → <c>data:19</c>. The key may be whole, or in pieces (<c>sharedWith</c>, <c>sharedBy</c>,
/// <c>isPublic</c>); what a whole one says already is not put in front of it a second time, as the reference does.
/// </summary>
internal static class UpdateJsonHandler
{
    public static ValueTask<Response> HandleAsync(UpdateJsonVerb verb, Session session) =>
        Prepare(verb, session, ifCommit: null).ApplyAsync(session);

    public static PreparedChange Prepare(UpdateJsonVerb verb, Session session, long? ifCommit)
    {
        if (!UpdateJsonDocument.TryParse(verb.Json.Span, out var document, out var error))
        {
            return error;
        }

        var isPublic = document.IsPublic && !document.AtKey.StartsWith("public:", StringComparison.OrdinalIgnoreCase);
        var sharedWith = document.AtKey.StartsWith('@') ? null : document.SharedWith;
        var owner = document.AtKey.IndexOf('@', 1) > 0 ? null : document.SharedBy;
        if (KeyRules.Compose(isCached: false, isPublic, sharedWith, document.AtKey, owner, out var key) is { } malformed)
        {
            return malformed;
        }

        // The owner may be inside the key, so it is taken from the whole.
        var at = key.LastIndexOf('@');
        var of = at > 0 ? key[(at + 1)..] : null;
        return UpdateHandler.Prepare(key, of, document.Metadata, Encoding.UTF8.GetBytes(document.Value), verb.NoCommit, session, ifCommit);
    }
}
