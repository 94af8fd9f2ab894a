using System.Text.Json;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs.Enroll;

/// <summary>What <c>enroll</c> tells: <c>list</c>, <c>fetch</c>, <c>listns:&lt;namespace&gt;</c>, <c>infons:&lt;namespace&gt;</c>. None of it changes anything.</summary>
internal static class EnrollLists
{
    /// <summary>By the name of the record; an enrollment without <c>__manage</c> sees itself alone.</summary>
    public static async ValueTask<Response> ListAsync(EnrollParams parameters, Session session)
    {
        var own = session.Caller.Enrollment;
        var isWhole = own is null || own.Grants.HoldsManage;
        var showsSecrets = own?.Grants.GrantedTo(NamespaceGrants.Manage) != "r";
        var all = await session.Server.Enrollments.ListAsync(session.Closed);
        var shown = all.Where(each => isWhole
            ? parameters.EnrollmentStatusFilter is not { } states || states.Contains(each.State)
            : each.Id == own!.Id);
        return Response.Data(EnrollmentDocument.Write(json =>
        {
            json.WriteStartObject();
            foreach (var each in shown)
            {
                json.WritePropertyName(session.Server.Enrollments.KeyOf(each.Id));
                Write(json, each, showsSecrets || each.Id == own?.Id, hasMetadata: false);
            }

            json.WriteEndObject();
        }));
    }

    public static async ValueTask<Response> FetchAsync(string id, Session session)
    {
        if (await session.Server.Enrollments.FindAsync(id, session.Closed) is not { } target)
        {
            return RecordAnswer.Missing(session.Server.Enrollments.KeyOf(id));
        }

        return session.Caller.Enrollment?.Id != target.Id && EnrollmentAuthority.CheckOver(session.Caller, target, "fetch") is { } refusal
            ? Response.Refuse(refusal)
            : Response.Data(EnrollmentDocument.Write(json => Write(json, target, showsSecrets: true, hasMetadata: true)));
    }

    /// <summary>Who may read a namespace: what somebody needs who hands its keys out.</summary>
    public static async ValueTask<Response> HoldersAsync(string? name, Session session)
    {
        if (Check(name, session) is { } refusal)
        {
            return refusal;
        }

        var all = await session.Server.Enrollments.ListAsync(session.Closed);
        return Response.Data(EnrollmentDocument.Write(json =>
        {
            json.WriteStartArray();
            foreach (var each in all.Where(each => each.IsApproved))
            {
                if (each.Grants.GrantedTo(name!) is { } access)
                {
                    json.WriteStartObject();
                    json.WriteString("enrollmentId", each.Id);
                    json.WriteString("access", access);
                    json.WritePropertyName("metadata");
                    json.WriteRawValue(each.MetadataJson ?? "null");
                    json.WriteEndObject();
                }
            }

            json.WriteEndArray();
        }));
    }

    public static async ValueTask<Response> RevokedAtAsync(string? name, Session session)
    {
        if (Check(name, session) is { } refusal)
        {
            return refusal;
        }

        var at = await RevocationTimes.FindAsync(name!.ToLowerInvariant(), session.Server.Enrollments, session.Closed);
        return Response.Data(at is null ? "{\"lastRevokedAt\":null}" : $"{{\"lastRevokedAt\":\"{at}\"}}");
    }

    /// <summary>For holders of the namespace. The secret alone is no enrollment; the atSign's first key counts as one.</summary>
    private static Response? Check(string? name, Session session) => session.Caller switch
    {
        _ when name is null => Response.Refuse(AtErrorCodes.IllegalArguments, "a namespace is mandatory: enroll:listns:<namespace>, enroll:infons:<namespace>"),
        Caller.Owner { GrantedBy: { } own } => own.Grants.GrantedTo(name) is null
            ? Response.Refuse(AtErrorCodes.Unauthorized, $"Connection with enrollment ID {own.Id} is not authorized for namespace: {name}")
            : null,
        Caller.Owner { Proof: OwnerProof.Pkam } => null,
        _ => Response.Refuse(AtErrorCodes.Unauthenticated, "only an enrollment may ask this"),
    };

    private static void Write(Utf8JsonWriter json, Enrollment enrollment, bool showsSecrets, bool hasMetadata)
    {
        json.WriteStartObject();
        json.WriteString("appName", enrollment.AppName);
        json.WriteString("deviceName", enrollment.DeviceName);
        json.WriteStartObject("namespace");
        foreach (var (name, letters) in enrollment.Grants.Entries)
        {
            json.WriteString(name, letters);
        }

        json.WriteEndObject();
        json.WriteString("encryptedAPKAMSymmetricKey", showsSecrets ? enrollment.EncryptedApkamSymmetricKey : null);
        json.WriteString("status", enrollment.State);
        if (enrollment.ExpiresAt is { } end)
        {
            json.WriteString("expiresAt", IsoTime.Format(end));
        }

        if (enrollment.PredecessorCapArmedAt is { } armed)
        {
            json.WriteString("predecessorCapArmedAt", armed);
        }

        if (hasMetadata && enrollment.MetadataJson is { } metadata)
        {
            json.WritePropertyName("metadata");
            json.WriteRawValue(metadata);
        }

        json.WriteEndObject();
    }
}
