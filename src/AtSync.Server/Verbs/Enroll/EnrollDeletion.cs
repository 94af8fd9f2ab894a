using AtSync.Protocol.Responses;
using AtSync.Server.Enrollments;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs.Enroll;

/// <summary><c>enroll:delete:{"enrollmentId":"…"}</c> → <c>data:{"enrollmentId":"…","status":"deleted"}</c>: for what was denied or revoked.</summary>
internal static class EnrollDeletion
{
    public static async ValueTask<Response> DeleteAsync(Enrollment target, Session session)
    {
        if (session.Caller.Enrollment?.Id != target.Id && EnrollmentAuthority.CheckOver(session.Caller, target, "delete") is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        if (target.State is not (EnrollmentStates.Denied or EnrollmentStates.Revoked))
        {
            return Response.Refuse(
                Protocol.AtErrorCodes.IllegalState,
                $"Failed to delete enrollment id: {target.Id} | Cause: Cannot delete {target.State} enrollments. Only denied and revoked enrollments can be deleted");
        }

        var book = session.Server.Enrollments;
        await book.ApplyAsync(
        [
            book.Delete(book.KeyOf(target.Id)),
            .. await EnrollmentKeys.RemoveAsync(target, book, session.Closed),
            .. await ReservedData.MoveAsync(target.Id, ReservedData.Revoked, ReservedData.Deleted, book, session.Closed),
        ]);
        Log.EnrollmentChanged(session.Host.Logger, book.Owner, target.Id, "deleted");
        return Response.Data($"{{\"enrollmentId\":\"{target.Id}\",\"status\":\"deleted\"}}");
    }
}
