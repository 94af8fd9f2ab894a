using AtSync.Server.Enrollments;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs.Enroll;

/// <summary>
/// A device replaced its keys. The old ones work on until the new ones were used for the first time, and some time after: a device that lost
/// the answer, or an app that shares the key file, is not locked out.
/// </summary>
internal static class Replacement
{
    /// <summary>The new keys were used: the end of the old ones is set, once.</summary>
    public static async ValueTask BeginAsync(string successorId, Session session)
    {
        var book = session.Server.Enrollments;
        using var turn = await book.TakeTurnAsync(session.Closed);
        if (await book.FindAsync(successorId, session.Closed) is not { IsApproved: true, Predecessor: { } predecessorId, PredecessorCapArmedAt: null } successor)
        {
            return;
        }

        var armed = EnrollmentDocument.Edit(successor, document => document[EnrollmentDocument.CapArmedMember] = IsoTime.Format(book.Now));
        List<StoreChange> changes = [book.Put(successor.Id, armed, successor.ExpiresAt)];
        Enrollment? capped = null;
        if (await book.FindAsync(predecessorId, session.Closed) is { } predecessor)
        {
            var end = EnrollmentLife.Earlier(predecessor.ExpiresAt, book.Now + session.Limits.EnrollmentReplacedLife);
            changes.Add(book.Put(predecessor.Id, predecessor.Json, end));
            capped = Enrollment.TryRead(predecessor.Id, predecessor.Json, end);
            if (await Revocation.FirstKeyAsync(book, session.Closed) is { } firstKey && firstKey == predecessor.ApkamPublicKey)
            {
                // The same key without the id ends with it.
                changes.Add(ServerChange.Silent(
                    KeyRules.PkamPublicKey, System.Text.Encoding.UTF8.GetBytes(firstKey), book.Now.ToUnixTimeMilliseconds(), end));
            }
        }

        await book.ApplyAsync(changes);
        session.Server.Refresh(Enrollment.TryRead(successor.Id, armed, successor.ExpiresAt)!);
        if (capped is not null)
        {
            session.Server.Refresh(capped);
        }
    }
}
