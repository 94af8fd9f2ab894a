using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs.Enroll;

/// <summary>
/// <c>enroll:request:{…}</c> → <c>data:{"enrollmentId":"…","status":"pending"}</c>. Four ways: the first device over <c>cram</c> is approved and holds
/// everything; a stranger with a passcode waits for approval; a device that replaces its own keys is approved with the grants it has; any other
/// request of a device waits as a stranger's does.
/// </summary>
internal static class EnrollRequest
{
    private static readonly KeyValuePair<string, string>[] Everything =
        [new(NamespaceGrants.Manage, "rw"), new(NamespaceGrants.Everything, "rw")];

    public static async ValueTask<Response> HandleAsync(EnrollParams request, int bytes, Session session)
    {
        if (Check(request, bytes, session) is { } incomplete)
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, incomplete);
        }

        if (!session.TryCountEnrollmentRequest())
        {
            return Response.Refuse(
                AtErrorCodes.InternalException, "Enrollment requests have exceeded the limit within the specified time frame");
        }

        if (!session.Caller.IsOwner && !session.Server.EnrollmentRequests.TryCount())
        {
            return Response.Refuse(
                AtErrorCodes.TooManyRequests, "too many enrollment requests for this atSign of late (EnrollmentRequestsPerAtSignMax): try again later");
        }

        if (!session.Caller.IsOwner && !await IsLetInAsync(request.Otp, session))
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, "invalid otp. Cannot process enroll request");
        }

        using var turn = await session.Server.Enrollments.TakeTurnAsync(session.Closed);
        return session.Caller switch
        {
            Caller.Owner { Proof: OwnerProof.Cram } => await EnrollFirstAsync(request, session),
            Caller.Owner owner when IsReplacement(request, owner) => await ReplaceAsync(request, owner, session),
            _ => await EnrollPendingAsync(request, session),
        };
    }

    private static string? Check(EnrollParams request, int bytes, Session session)
    {
        var isPending = session.Caller is not Caller.Owner owner || (owner.Proof != OwnerProof.Cram && !IsReplacement(request, owner));
        return request switch
        {
            { AppName: null or "" } => "appName is mandatory for enroll:request",
            { DeviceName: null or "" } => "deviceName is mandatory for enroll:request",
            { ApkamPublicKey: null or "" } => "apkam public key is mandatory for enroll:request",
            { ApskJson: not null, ApskLegacy: not null } => "apsk and apskLegacy exclude each other",
            { SigningAlgo: not (null or "rsa2048" or "ecc_secp256r1" or "mldsa65") } => "signingAlgo is rsa2048, ecc_secp256r1 or mldsa65",
            { ApkamKeysExpiryInMillis: < 0 } => "apkamKeysExpiryInMillis is a number of milliseconds, 0 for no end",
            _ when request.Namespaces?.Any(entry => entry.Value is not ("r" or "rw")) == true => "the access to a namespace is r or rw",
            _ when request.Namespaces?.Any(entry => entry.Key.Length == 0) == true => "a namespace has a name",
            _ when request.Namespaces?.DistinctBy(entry => entry.Key.ToLowerInvariant()).Count() < request.Namespaces?.Count => "a namespace is named once",
            _ when bytes > session.Limits.EnrollmentBytesMax => $"the enrollment is larger than {session.Limits.EnrollmentBytesMax} bytes",
            _ when isPending && request.EncryptedApkamSymmetricKey is null or "" && !HasKeyPackage(request) =>
                "encrypted apkam symmetric key is mandatory for new client enroll:request",
            _ when isPending && request.Namespaces is null or { Count: 0 } => "At least one namespace must be specified for new client enroll:request",
            _ => null,
        };
    }

    /// <summary>Whoever has a key package is sent its symmetric key another way.</summary>
    private static bool HasKeyPackage(EnrollParams request)
    {
        if (request.MetadataJson is not { } metadata)
        {
            return false;
        }

        using var document = System.Text.Json.JsonDocument.Parse(metadata);
        return document.RootElement.TryGetProperty("keyPackage", out _);
    }

    /// <summary>Checks a passcode; a wrong one costs time.</summary>
    private static async ValueTask<bool> IsLetInAsync(string? passcode, Session session)
    {
        var guard = session.Server.PasscodeGuard;
        if (guard.Enter() is not { } before)
        {
            return false;
        }

        try
        {
            await Task.Delay(before, session.Clock, session.Closed);
            if (await session.Server.Passcodes.TakeAsync(passcode, session.Closed))
            {
                guard.Succeeded();
                return true;
            }

            Log.PasscodeRefused(session.Host.Logger, session.Server.Owner, session.Id);
            await Task.Delay(guard.Failed(), session.Clock, session.Closed);
            return false;
        }
        finally
        {
            guard.Leave();
        }
    }

    /// <summary>A device that asks, without a passcode, for what it has already: new keys for itself.</summary>
    private static bool IsReplacement(EnrollParams request, Caller.Owner owner) => request.Otp is null
        && (request.Namespaces is not { } wanted
            || (owner.GrantedBy is { } own ? own.Grants.IsSame(wanted) : new NamespaceGrants(Everything, "").IsSame(wanted)));

    private static async ValueTask<Response> EnrollFirstAsync(EnrollParams request, Session session)
    {
        var book = session.Server.Enrollments;
        if (await FindConflictAsync(request, session, replaced: null, isKeyFree: true) is { } conflict)
        {
            return conflict;
        }

        var id = session.Host.Options.Random.NewUuid();
        var namespaces = (request.Namespaces ?? []).Where(entry => Everything.All(own => own.Key != entry.Key)).Concat(Everything).ToList();
        var record = EnrollmentDocument.Write(new EnrollmentDraft(request, session.Id, namespaces, EnrollmentStates.Approved));
        var enrollment = Enrollment.TryRead(id, record, expiresAt: null)!;

        // All of it or nothing: a device that was told its id must find everything under it.
        List<StoreChange> changes =
        [
            book.Put(id, record, expiresAt: null),
            // Clients that know nothing of enrollments log in with the first device's key.
            ServerChange.Silent(KeyRules.PkamPublicKey, request.ApkamPublicKey!, book.Now.ToUnixTimeMilliseconds()),
            .. EnrollmentKeys.Put(id, request, book),
            .. ReservedData.Publish(enrollment, request.ApskJson, request.ApskLegacy, book),
        ];
        await book.ApplyAsync(changes, added: id);
        session.Authenticate(new Caller.Owner(OwnerProof.Cram, enrollment));
        Log.Enrolled(session.Host.Logger, book.Owner, id);
        return Answer(id, EnrollmentStates.Approved);
    }

    private static async ValueTask<Response> ReplaceAsync(EnrollParams request, Caller.Owner owner, Session session)
    {
        var book = session.Server.Enrollments;
        var predecessor = owner.GrantedBy is { } bound ? await book.FindAsync(bound.Id, session.Closed) : null;
        if (owner.GrantedBy is { } known && predecessor is not { IsApproved: true, Successor: null })
        {
            return Response.Refuse(AtErrorCodes.IllegalState, $"enrollment {known.Id} was replaced already, or is no longer approved");
        }

        if (await FindConflictAsync(request, session, predecessor, isKeyFree: false) is { } conflict)
        {
            return conflict;
        }

        var id = session.Host.Options.Random.NewUuid();
        var namespaces = predecessor?.Grants.Entries ?? Everything;
        var record = EnrollmentDocument.Write(new EnrollmentDraft(request, session.Id, namespaces, EnrollmentStates.Approved) { Predecessor = predecessor?.Id });
        var enrollment = Enrollment.TryRead(id, record, expiresAt: null)!;
        var expiresAt = EnrollmentLife.End(book.Now, request.ApkamKeysExpiryInMillis ?? 0);
        List<StoreChange> changes =
        [
            book.Put(id, record, EnrollmentLife.Earlier(expiresAt, predecessor?.ExpiresAt)),
            .. EnrollmentKeys.Put(id, request, book),
            .. EnrollmentKeys.Publish(enrollment, book),
            .. ReservedData.Publish(enrollment, request.ApskJson, request.ApskLegacy, book),
        ];
        if (predecessor is not null)
        {
            changes.Add(book.Put(
                predecessor.Id, EnrollmentDocument.Edit(predecessor, document => document[EnrollmentDocument.SuccessorMember] = id), predecessor.ExpiresAt));
        }

        await book.ApplyAsync(changes, added: id);
        Log.Enrolled(session.Host.Logger, book.Owner, id);
        return Answer(id, EnrollmentStates.Approved);
    }

    private static async ValueTask<Response> EnrollPendingAsync(EnrollParams request, Session session)
    {
        var book = session.Server.Enrollments;
        if (await FindConflictAsync(request, session, replaced: null, isKeyFree: false) is { } conflict)
        {
            return conflict;
        }

        var id = session.Host.Options.Random.NewUuid();
        var record = EnrollmentDocument.Write(new EnrollmentDraft(request, session.Id, request.Namespaces!, EnrollmentStates.Pending));
        await book.ApplyAsync([book.Put(id, record, book.Now + session.Limits.EnrollmentPendingLife)], added: id);
        Log.EnrollmentChanged(session.Host.Logger, book.Owner, id, EnrollmentStates.Pending);
        await session.Server.Notifications.TellOwnerAsync(id, book.KeyOf(id), ForApprovers(request), session.Limits.EnrollmentNoticeLife);
        return Answer(id, EnrollmentStates.Pending);
    }

    /// <summary>What those who approve need to know.</summary>
    private static string ForApprovers(EnrollParams request) => System.Text.Encoding.UTF8.GetString(EnrollmentDocument.Write(json =>
    {
        json.WriteStartObject();
        // Two spellings of one member are out there.
        json.WriteString("encryptedApkamSymmetricKey", request.EncryptedApkamSymmetricKey);
        json.WriteString("encryptedAPKAMSymmetricKey", request.EncryptedApkamSymmetricKey);
        json.WriteString("appName", request.AppName);
        json.WriteString("deviceName", request.DeviceName);
        json.WriteStartObject("namespace");
        foreach (var (name, letters) in request.Namespaces ?? [])
        {
            json.WriteString(name, letters);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }));

    private static async ValueTask<Response?> FindConflictAsync(EnrollParams request, Session session, Enrollment? replaced, bool isKeyFree)
    {
        var pending = 0;
        foreach (var other in await session.Server.Enrollments.ListAsync(session.Closed))
        {
            pending += other.State == EnrollmentStates.Pending ? 1 : 0;
            if (other.State is EnrollmentStates.Approved or EnrollmentStates.Pending && other.Id != replaced?.Id
                && other.AppName == request.AppName && other.DeviceName == request.DeviceName)
            {
                return Response.Refuse(
                    AtErrorCodes.IllegalState,
                    $"Another enrollment with id {other.Id} exists with the app name: {request.AppName} and device name: {request.DeviceName} in {other.State} state");
            }

            // The secret's owner may try again with the same key after an answer was lost.
            if (!isKeyFree && other.ApkamPublicKey == request.ApkamPublicKey)
            {
                return Response.Refuse(AtErrorCodes.IllegalState, "another enrollment holds this apkam public key: make a new pair");
            }
        }

        return !session.Caller.IsOwner && pending >= session.Limits.EnrollmentsPendingMax
            ? Response.Refuse(AtErrorCodes.TooManyRequests, $"{pending} enrollments wait for a decision already (EnrollmentsPendingMax): approve or deny some first")
            : null;
    }

    private static Response Answer(string id, string status) => Response.Data($"{{\"enrollmentId\":\"{id}\",\"status\":\"{status}\"}}");
}
