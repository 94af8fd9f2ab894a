using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Server.Enrollments;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs.Enroll;

/// <summary>
/// <c>enroll:revoke[:force]:{"enrollmentId":"…"}</c> ends an enrollment and all that it approved, and cuts their connections at once;
/// <c>enroll:unrevoke:{…}</c> takes the revocation of one of them back.
/// </summary>
internal static class EnrollRevocation
{
    public static async ValueTask<Response> RevokeAsync(Enrollment target, bool isForced, Session session)
    {
        if (target.State != EnrollmentStates.Approved)
        {
            return EnrollHandler.WrongState(
                "revoke", target, $"Cannot revoke a {target.State} enrollment. Only approved enrollments can be revoked");
        }

        var own = session.Caller.Enrollment?.Id;
        var isOwn = own == target.Id;
        if (!isOwn && EnrollmentAuthority.CheckOver(session.Caller, target, "revoke") is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        var book = session.Server.Enrollments;
        var revocation = await Revocation.OfAsync(target, book, session.Closed);
        var forbidden = isOwn && !isForced ? "Current client cannot revoke its own enrollment"
            : !isOwn && revocation.Enrollments.Any(each => each.Id == own) ? "The revocation would take the current client's own enrollment"
            : !revocation.LeavesRoot ? "The last enrollment that holds everything cannot be revoked"
            : null;
        if (forbidden is not null)
        {
            return Response.Refuse(AtErrorCodes.CannotRevokeSelf, forbidden);
        }

        await book.ApplyAsync(await ChangesAsync(revocation, book, session.Closed));
        foreach (var each in revocation.Enrollments)
        {
            Log.EnrollmentChanged(session.Host.Logger, book.Owner, each.Id, EnrollmentStates.Revoked);
        }

        Cut(revocation, session);
        if (isOwn)
        {
            // Bound to what it is now, so that nothing more is done in its name.
            session.Refresh((await book.FindAsync(target.Id, CancellationToken.None))!);
            session.EndAt(book.Now + session.Limits.RevokedSelfGrace);
        }

        return EnrollHandler.Done(EnrollmentStates.Revoked, target.Id, json =>
        {
            if (isOwn)
            {
                json.WriteString("message", "Enrollment is revoked. Closing the connection in 10 seconds");
            }

            if (revocation.Enrollments.Count > 1)
            {
                json.WriteStartArray("cascadedEnrollmentIds");
                foreach (var each in revocation.Enrollments.Skip(1))
                {
                    json.WriteStringValue(each.Id);
                }

                json.WriteEndArray();
            }
        });
    }

    public static async ValueTask<Response> UnrevokeAsync(Enrollment target, Session session)
    {
        if (target.State != EnrollmentStates.Revoked)
        {
            return EnrollHandler.WrongState(
                "unrevoke", target, $"Cannot un-revoke a {target.State} enrollment. Only revoked enrollments can be un-revoked");
        }

        if (EnrollmentAuthority.CheckOver(session.Caller, target, "unrevoke") is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        var book = session.Server.Enrollments;
        if (target.ApprovedBy is { } approver && await book.FindAsync(approver, session.Closed) is not { IsApproved: true })
        {
            return EnrollHandler.WrongState("unrevoke", target, $"Its approver {approver} is not approved");
        }

        List<StoreChange> changes =
        [
            book.Put(
                target.Id,
                EnrollmentDocument.InState(target, EnrollmentStates.Approved, document => document.Remove(EnrollmentDocument.HadFirstKeyMember)),
                target.ExpiresAt),
            .. await ReservedData.MoveAsync(target.Id, ReservedData.Revoked, ReservedData.Live, book, session.Closed),
        ];
        if (target.HadFirstKey && await Revocation.FirstKeyAsync(book, session.Closed) is null)
        {
            changes.Add(ServerChange.Silent(KeyRules.PkamPublicKey, target.ApkamPublicKey!, book.Now.ToUnixTimeMilliseconds()));
        }

        await book.ApplyAsync(changes);
        Log.EnrollmentChanged(session.Host.Logger, book.Owner, target.Id, EnrollmentStates.Approved);
        return EnrollHandler.Done(EnrollmentStates.Approved, target.Id);
    }

    private static async ValueTask<List<StoreChange>> ChangesAsync(Revocation revocation, EnrollmentBook book, CancellationToken cancellationToken)
    {
        var firstKey = await Revocation.FirstKeyAsync(book, cancellationToken);
        var changes = new List<StoreChange> { RevocationTimes.Note(revocation.Enrollments, book) };
        foreach (var each in revocation.Enrollments)
        {
            var hadFirstKey = revocation.TakesFirstKey && each.ApkamPublicKey == firstKey;
            changes.Add(book.Put(
                each.Id,
                EnrollmentDocument.InState(each, EnrollmentStates.Revoked, document =>
                {
                    if (hadFirstKey)
                    {
                        document[EnrollmentDocument.HadFirstKeyMember] = true;
                    }
                }),
                each.ExpiresAt));
            changes.AddRange(await ReservedData.MoveAsync(each.Id, ReservedData.Live, ReservedData.Revoked, book, cancellationToken));
        }

        if (revocation.TakesFirstKey)
        {
            changes.Add(book.Delete(KeyRules.PkamPublicKey));
        }

        return changes;
    }

    /// <summary>Ends the connections of what was revoked, at once; the one that asked for it is answered first.</summary>
    private static void Cut(Revocation revocation, Session asking)
    {
        var revoked = revocation.Enrollments.Select(each => each.Id).ToHashSet();
        foreach (var session in asking.Server.Sessions)
        {
            var isRevoked = session.Caller is Caller.Owner owner
                && (owner.GrantedBy is { } enrollment ? revoked.Contains(enrollment.Id) : revocation.TakesFirstKey && owner.Proof == OwnerProof.Pkam);
            if (isRevoked && session != asking)
            {
                session.RequestEnd();
                session.Connection.Abort();
            }
        }
    }
}
