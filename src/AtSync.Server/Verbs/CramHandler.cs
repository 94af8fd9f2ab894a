using System.Text;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>cram:&lt;hex SHA-512 of secret and challenge&gt;</c> → <c>data:success</c>: the first authentication of an atSign, until its secret is deleted.
/// </summary>
internal static class CramHandler
{
    public static async ValueTask<Response> HandleAsync(CramVerb verb, Session session)
    {
        var server = session.Server;
        var challenge = session.TakeChallenge();
        if (challenge is null || challenge.Claimed != server.Owner)
        {
            return NoChallenge(session);
        }

        var secret = await server.Store.GetAsync(KeyRules.Secret, session.Closed);
        if (secret is null)
        {
            return RecordAnswer.Missing(KeyRules.Secret);
        }

        return await GuardedLogin.RunAsync(session, () => ValueTask.FromResult(Try(secret, challenge, verb, session)), "Authentication Failed");
    }

    private static Response? Try(StoredRecord secret, Challenge challenge, CramVerb verb, Session session)
    {
        var server = session.Server;
        if (!CramDigest.Matches(Encoding.UTF8.GetString(secret.Value.Span), challenge.Text, verb.Digest))
        {
            Log.AuthenticationFailed(session.Host.Logger, server.Owner, "cram", session.Id);
            return null;
        }

        session.Authenticate(new Caller.Owner(OwnerProof.Cram, GrantedBy: null));
        Log.Authenticated(session.Host.Logger, server.Owner, "cram", session.Id);
        return Response.Data("success");
    }

    /// <summary>There was no <c>from:</c>, it was answered already, or it is too old. The code is the reference's for the missing challenge.</summary>
    public static Response NoChallenge(Session session) =>
        Response.Refuse(AtErrorCodes.KeyNotFound, $"private:{session.Id}{session.Server.Owner} does not exist in keystore: send from: first");
}
