using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>enroll:request:{…}</c> on a connection authenticated by <c>cram</c> → <c>data:{"enrollmentId":"…","status":"approved"}</c>: the atSign's first
/// device. It holds every namespace, needs nobody's approval, and the connection belongs to it from then on.
/// </summary>
internal static class EnrollHandler
{
    private static readonly KeyValuePair<string, string>[] Everything = [new("__manage", "rw"), new("*", "rw")];

    public static async ValueTask<Response> HandleAsync(EnrollVerb verb, Session session)
    {
        if (verb.Operation != "request")
        {
            return session.Caller.IsOwner
                ? VerbDispatcher.NotServed($"enroll:{verb.Operation}")
                : Response.Refuse(AtErrorCodes.Unauthenticated, $"Cannot {verb.Operation} enrollment without authentication");
        }

        if (verb.Json is not { } json)
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, "Enroll parameters not provided");
        }

        if (!EnrollParams.TryParse(json.Span, out var request, out var malformed))
        {
            return Response.Refuse(malformed);
        }

        if (session.Caller is not Caller.Owner { Proof: OwnerProof.Cram })
        {
            return Response.Refuse(
                AtErrorCodes.IllegalArguments, "this server takes enroll:request only on a connection authenticated by cram");
        }

        if (!session.TryCountEnrollmentRequest())
        {
            return Response.Refuse(
                AtErrorCodes.InternalException, "Enrollment requests have exceeded the limit within the specified time frame");
        }

        return Check(request, json.Length, session) ?? await EnrollAsync(request, session);
    }

    private static Response? Check(EnrollParams request, int bytes, Session session)
    {
        var missing = request switch
        {
            { AppName: null or "" } => "appName is mandatory for enroll:request",
            { DeviceName: null or "" } => "deviceName is mandatory for enroll:request",
            { ApkamPublicKey: null or "" } => "apkam public key is mandatory for enroll:request",
            { ApskJson: not null, ApskLegacy: not null } => "apsk and apskLegacy exclude each other",
            _ when request.Namespaces?.Any(entry => entry.Value is not ("r" or "rw")) == true => "the access to a namespace is r or rw",
            _ when bytes > session.Limits.EnrollmentBytesMax => $"the enrollment is larger than {session.Limits.EnrollmentBytesMax} bytes",
            _ => null,
        };
        return missing is null ? null : Response.Refuse(AtErrorCodes.IllegalArguments, missing);
    }

    private static async ValueTask<Response> EnrollAsync(EnrollParams request, Session session)
    {
        var server = session.Server;
        if (await server.Enrollments.FindDuplicateAsync(request.AppName!, request.DeviceName!, session.Closed) is { } other)
        {
            return Response.Refuse(
                AtErrorCodes.IllegalState,
                $"Another enrollment with id {other.Id} exists with the app name: {request.AppName} and device name: {request.DeviceName} in {other.State} state");
        }

        var id = session.Host.Options.Random.NewUuid();
        var namespaces = (request.Namespaces ?? []).Where(entry => Everything.All(own => own.Key != entry.Key)).Concat(Everything).ToList();
        var record = Enrollment.Write(new EnrollmentDraft(request, session.Id, namespaces, Enrollment.Approved));
        var now = session.Clock.GetUtcNow().ToUnixTimeMilliseconds();

        // All of it or nothing: a device that was told its id must find everything under it.
        List<StoreChange> changes =
        [
            ServerChange.Silent(EnrollmentBook.KeyOf(id, server.Owner), record, now),
            // Clients that know nothing of enrollments log in with the first device's key.
            ServerChange.Silent(KeyRules.PkamPublicKey, request.ApkamPublicKey!, now),
        ];
        if (request.EncryptedDefaultEncryptionPrivateKey is { } privateKey)
        {
            var value = Enrollment.WriteKey(privateKey, request.EncPrivateKeyIv);
            changes.Add(ServerChange.Silent(EnrollmentBook.PrivateKeyKeyOf(id, server.Owner), value, now));
        }

        if (request.EncryptedDefaultSelfEncryptionKey is { } selfKey)
        {
            var value = Enrollment.WriteKey(selfKey, request.SelfEncKeyIv);
            changes.Add(ServerChange.Silent(EnrollmentBook.SelfKeyKeyOf(id, server.Owner), value, now));
        }

        await server.Store.ApplyAsync(changes, CancellationToken.None);
        session.Authenticate(new Caller.Owner(OwnerProof.Cram, Enrollment.TryRead(id, record, expiresAt: null)));
        Log.Enrolled(session.Host.Logger, server.Owner, id);
        return Response.Data($"{{\"enrollmentId\":\"{id}\",\"status\":\"approved\"}}");
    }
}
