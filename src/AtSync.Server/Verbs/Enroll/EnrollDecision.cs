using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs.Enroll;

/// <summary>
/// <c>enroll:approve:{"enrollmentId":…,"encryptedDefaultEncryptionPrivateKey":…,"encPrivateKeyIV":…,…}</c> and <c>enroll:deny:{…}</c>: the answer to a
/// pending request, by somebody who holds at least what it asks for.
/// </summary>
internal static class EnrollDecision
{
    public static async ValueTask<Response> ApproveAsync(Enrollment target, EnrollParams parameters, Session session)
    {
        var missing = parameters switch
        {
            { EncryptedDefaultEncryptionPrivateKey: null or "" } => "encryptedDefaultEncryptionPrivateKey is mandatory for enroll:approve",
            { EncryptedDefaultSelfEncryptionKey: null or "" } => "encryptedDefaultSelfEncryptionKey is mandatory for enroll:approve",
            _ => null,
        };
        if (missing is not null)
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, missing);
        }

        if (Check(target, "approve", session) is { } refusal)
        {
            return refusal;
        }

        var book = session.Server.Enrollments;
        var record = EnrollmentDocument.InState(target, EnrollmentStates.Approved, document =>
        {
            if (session.Caller.Enrollment is { } approver)
            {
                document["approval"]![EnrollmentDocument.ApprovedByMember] = approver.Id;
            }
        });
        using var json = System.Text.Json.JsonDocument.Parse(target.Json);
        await book.ApplyAsync(
        [
            book.Put(target.Id, record, EnrollmentLife.End(book.Now, target.KeysExpiryMs)),
            .. EnrollmentKeys.Put(target.Id, parameters, book),
            .. EnrollmentKeys.Publish(target, book),
            .. ReservedData.Publish(target, Raw(json, "apsk"), Text(json, "apskLegacy"), book),
        ]);
        Log.Enrolled(session.Host.Logger, book.Owner, target.Id);
        return EnrollHandler.Done(EnrollmentStates.Approved, target.Id);
    }

    public static async ValueTask<Response> DenyAsync(Enrollment target, Session session)
    {
        if (Check(target, "deny", session) is { } refusal)
        {
            return refusal;
        }

        // Kept for a while, so that whoever waits for an answer gets it.
        var book = session.Server.Enrollments;
        await book.ApplyAsync(
            [book.Put(target.Id, EnrollmentDocument.InState(target, EnrollmentStates.Denied), book.Now + session.Limits.EnrollmentPendingLife)]);
        Log.EnrollmentChanged(session.Host.Logger, book.Owner, target.Id, EnrollmentStates.Denied);
        return EnrollHandler.Done(EnrollmentStates.Denied, target.Id);
    }

    private static Response? Check(Enrollment target, string operation, Session session) =>
        target.State != EnrollmentStates.Pending
            ? EnrollHandler.WrongState(operation, target, $"Cannot {operation} a {target.State} enrollment. Only pending enrollments can be {(operation == "deny" ? "denied" : "approved")}")
            : EnrollmentAuthority.CheckOver(session.Caller, target, operation) is { } refusal ? Response.Refuse(refusal) : null;

    private static string? Raw(System.Text.Json.JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var member) && member.ValueKind == System.Text.Json.JsonValueKind.Object ? member.GetRawText() : null;

    private static string? Text(System.Text.Json.JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var member) && member.ValueKind == System.Text.Json.JsonValueKind.String ? member.GetString() : null;
}
