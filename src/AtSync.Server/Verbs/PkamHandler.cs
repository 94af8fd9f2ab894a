using System.Text;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Server.Verbs.Enroll;

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

        return await GuardedLogin.RunAsync(session, () => TryAsync(verb, challenge, session), "pkam authentication failed");
    }

    /// <summary>Null is a wrong signature.</summary>
    private static async ValueTask<Response?> TryAsync(PkamVerb verb, Challenge challenge, Session session)
    {
        var server = session.Server;
        var now = session.Clock.GetUtcNow();
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
            if (record is null || RecordLife.IsExpired(record.Times, now.ToUnixTimeMilliseconds()))
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
                Log.AuthenticationFailed(session.Host.Logger, server.Owner, "pkam", session.Id);
                return null;
        }

        session.Authenticate(new Caller.Owner(enrollment is null ? OwnerProof.Pkam : OwnerProof.Apkam, enrollment));
        if (await StillRefusalAsync(enrollment, publicKey, session) is { } meanwhile)
        {
            session.Unauthenticate();
            return meanwhile;
        }

        if (enrollment is { Predecessor: not null, PredecessorCapArmedAt: null })
        {
            await Replacement.BeginAsync(enrollment.Id, session);
        }

        server.Access.LoggedIn(now);
        Log.Authenticated(session.Host.Logger, server.Owner, "pkam", session.Id);
        return Response.Data("success");
    }

    /// <summary>
    /// Looked at again once the connection is bound: a revocation cuts the bound connections after it is stored, so that one or the other notices.
    /// </summary>
    private static async ValueTask<Response?> StillRefusalAsync(Enrollment? enrollment, string publicKey, Session session)
    {
        var book = session.Server.Enrollments;
        if (enrollment is not null)
        {
            return StateRefusal(enrollment.Id, await book.FindAsync(enrollment.Id, session.Closed));
        }

        return await Revocation.FirstKeyAsync(book, session.Closed) == publicKey ? null : RecordAnswer.Missing(KeyRules.PkamPublicKey);
    }

    /// <summary>Always in the colon form, whatever the client's version.</summary>
    private static ErrorResponse? StateRefusal(string id, Enrollment? enrollment)
    {
        var (code, state) = enrollment?.State switch
        {
            EnrollmentStates.Approved => (null, null),
            EnrollmentStates.Pending => (AtErrorCodes.EnrollmentPending, "pending"),
            EnrollmentStates.Denied => (AtErrorCodes.EnrollmentDenied, "denied"),
            EnrollmentStates.Revoked => (AtErrorCodes.EnrollmentRevoked, "revoked"),
            _ => ((string?)AtErrorCodes.EnrollmentExpired, (string?)"expired or invalid"),
        };
        return code is null ? null : new ErrorResponse { Error = new AtError(code, $"enrollment_id: {id} is {state}"), HasColonForm = true };
    }
}
