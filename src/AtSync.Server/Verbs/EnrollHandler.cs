using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Sessions;
using AtSync.Server.Verbs.Enroll;

namespace AtSync.Server.Verbs;

/// <summary>
/// <c>enroll:&lt;operation&gt;:{…}</c>: devices and apps with keys of their own, limited to namespaces. Each operation is a class in <c>Enroll/</c>; here is
/// what they have in common. Codes are those of 2026: AT0022 what is missing or malformed, AT0032 the wrong state, AT0009 no authority.
/// </summary>
internal static class EnrollHandler
{
    public static async ValueTask<Response> HandleAsync(EnrollVerb verb, Session session)
    {
        var operation = verb.Operation;
        if (operation != "request" && !session.Caller.IsOwner)
        {
            return Response.Refuse(AtErrorCodes.Unauthenticated, $"Cannot {operation} enrollment without authentication");
        }

        var parameters = new EnrollParams();
        if (verb.Json is { } json)
        {
            if (!EnrollParams.TryParse(json.Span, out var parsed, out var malformed))
            {
                return Response.Refuse(malformed);
            }

            parameters = parsed;
        }
        else if (operation is not ("list" or "listns" or "infons"))
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, "Enroll parameters not provided");
        }

        switch (operation)
        {
            case "request":
                return await EnrollRequest.HandleAsync(parameters, verb.Json!.Value.Length, session);
            case "list":
                return await EnrollLists.ListAsync(parameters, session);
            case "listns":
                return await EnrollLists.HoldersAsync(verb.Namespace, session);
            case "infons":
                return await EnrollLists.RevokedAtAsync(verb.Namespace, session);
            case "update":
                return await EnrollUpdate.HandleAsync(parameters, session);
        }

        if (parameters.EnrollmentId is not { Length: > 0 } id)
        {
            return Response.Refuse(AtErrorCodes.IllegalArguments, $"enrollmentId is mandatory for enroll:{operation}");
        }

        if (operation == "fetch")
        {
            return await EnrollLists.FetchAsync(id, session);
        }

        // What is checked must still hold when it is written.
        using var turn = await session.Server.Enrollments.TakeTurnAsync(session.Closed);
        if (await session.Server.Enrollments.FindAsync(id, session.Closed) is not { } target)
        {
            return operation == "delete" ? RecordAnswer.Missing(session.Server.Enrollments.KeyOf(id)) : Expired(id);
        }

        return operation switch
        {
            "approve" => await EnrollDecision.ApproveAsync(target, parameters, session),
            "deny" => await EnrollDecision.DenyAsync(target, session),
            "revoke" => await EnrollRevocation.RevokeAsync(target, verb.Force, session),
            "unrevoke" => await EnrollRevocation.UnrevokeAsync(target, session),
            "delete" => await EnrollDeletion.DeleteAsync(target, session),
            _ => VerbDispatcher.NotServed($"enroll:{operation}"),
        };
    }

    /// <summary>Always in the colon form, whatever the client's version.</summary>
    public static Response Expired(string id) => new ErrorResponse
    {
        Error = new AtError(AtErrorCodes.EnrollmentExpired, $"enrollment_id: {id} is expired or invalid"),
        HasColonForm = true,
    };

    public static Response WrongState(string operation, Enrollment target, string cause) =>
        Response.Refuse(AtErrorCodes.IllegalState, $"Failed to {operation} enrollment id: {target.Id}. {cause}");

    /// <summary><c>{"status":"approved","enrollmentId":"…"}</c>.</summary>
    public static Response Done(string status, string id, Action<System.Text.Json.Utf8JsonWriter>? more = null) =>
        Response.Data(EnrollmentDocument.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("status", status);
            json.WriteString("enrollmentId", id);
            more?.Invoke(json);
            json.WriteEndObject();
        }));
}
