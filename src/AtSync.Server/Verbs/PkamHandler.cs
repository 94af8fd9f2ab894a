using System.Text;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Records;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>pkam:enrollmentId:&lt;id&gt;:&lt;base64 signature of the challenge&gt;</c> → <c>data:success</c>. Without an id the atSign's first key counts.
/// </summary>
internal static class PkamHandler
{
    public static async ValueTask<Response> HandleAsync(PkamVerb verb, Session session)
    {
        var server = session.Server;
        var challenge = session.TakeChallenge();
        if (challenge is null || challenge.Claimed != server.Owner)
        {
            return CramHandler.NoChallenge(session);
        }

        Enrollment? enrollment = null;
        string publicKey;
        var algorithm = verb.SigningAlgo;
        if (verb.EnrollmentId is { } id)
        {
            enrollment = await server.Enrollments.FindAsync(id, session.Closed);
            if (StateRefusal(id, enrollment) is { } refusal)
            {
                return refusal;
            }

            // The enrollment says what its key is; the command's word counts only where it does not.
            algorithm = enrollment!.SigningAlgo ?? algorithm;
            publicKey = enrollment.ApkamPublicKey ?? "";
        }
        else
        {
            var record = await server.Store.GetAsync(KeyRules.PkamPublicKey, session.Closed);
            if (record is null)
            {
                return RecordAnswer.Missing(KeyRules.PkamPublicKey);
            }

            publicKey = Encoding.UTF8.GetString(record.Value.Span);
        }

        switch (PkamSignature.Verify(publicKey, algorithm, verb.HashingAlgo, challenge.Text, verb.Signature))
        {
            case null:
                return Response.Refuse(AtErrorCodes.InternalException, "FormatException: the signature is not base64", closes: true);
            case false:
                session.Unauthenticate();
                Log.AuthenticationFailed(session.Host.Logger, server.Owner, "pkam", session.Id);
                return Response.Refuse(AtErrorCodes.Unauthenticated, "pkam authentication failed");
        }

        session.Authenticate(new Caller.Owner(enrollment is null ? OwnerProof.Pkam : OwnerProof.Apkam, enrollment));
        server.Access.LoggedIn(session.Clock.GetUtcNow());
        Log.Authenticated(session.Host.Logger, server.Owner, "pkam", session.Id);
        return Response.Data("success");
    }

    /// <summary>Always in the colon form, whatever the client's version.</summary>
    private static ErrorResponse? StateRefusal(string id, Enrollment? enrollment)
    {
        var (code, state) = enrollment?.State switch
        {
            Enrollment.Approved => (null, null),
            "pending" => (AtErrorCodes.EnrollmentPending, "pending"),
            "denied" => (AtErrorCodes.EnrollmentDenied, "denied"),
            "revoked" => (AtErrorCodes.EnrollmentRevoked, "revoked"),
            _ => ((string?)AtErrorCodes.EnrollmentExpired, (string?)"expired or invalid"),
        };
        return code is null ? null : new ErrorResponse { Error = new AtError(code, $"enrollment_id: {id} is {state}"), HasColonForm = true };
    }
}
