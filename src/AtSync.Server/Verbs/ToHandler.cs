using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>to:@alice</c> → <c>data:{"publickey":…,"signing_publickey":…}</c>: chooses the atSign on a connection whose port and host name do not, and
/// says its public keys. On a connection that has one already it must be the same.
/// </summary>
internal static class ToHandler
{
    public static async ValueTask<Response> HandleAsync(ToVerb verb, Session session)
    {
        if (!AtSign.TryParse(verb.AtSign, out var atSign, out var problem))
        {
            return Response.Refuse(AtErrorCodes.InternalException, problem);
        }

        var result = session.HasServer
            ? session.Server.Owner == atSign ? EnterResult.Entered : EnterResult.NotHosted
            : await session.Host.EnterAsync(atSign, session);
        if (result != EnterResult.Entered)
        {
            return result == EnterResult.Full
                ? Response.Refuse(AtErrorCodes.InboundLimitExceeded, "too many connections to this atSign", closes: true)
                : Response.Refuse(AtErrorCodes.SecondaryNotFound, $"{atSign} is not served here");
        }

        var store = session.Server.Store;
        var publicKey = await store.GetAsync(KeyRules.PublicKey(atSign), session.Closed);
        var signingKey = await store.GetAsync(KeyRules.SigningPublicKey(atSign), session.Closed);
        var payload = session.NewPayload();
        payload.Write("{\"publickey\":"u8);
        Write(publicKey, payload);
        payload.Write(",\"signing_publickey\":"u8);
        Write(signingKey, payload);
        payload.Write("}"u8);
        return Response.Data(payload.Written);
    }

    private static void Write(StoredRecord? record, AnswerBuffer output)
    {
        if (record is { HasValue: true })
        {
            RecordText.WriteString(record.Value.Span, output);
        }
        else
        {
            output.Write("null"u8);
        }
    }
}
