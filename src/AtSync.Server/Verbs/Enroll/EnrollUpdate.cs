using System.Text.Json.Nodes;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;
using AtSync.Server.Records;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs.Enroll;

/// <summary>
/// <c>enroll:update:{…}</c>: an enrollment changes its own login key (proven by a signature with the new one), its published signing keys or its
/// metadata (member by member). What it may touch stays what was approved.
/// </summary>
internal static class EnrollUpdate
{
    public static async ValueTask<Response> HandleAsync(EnrollParams parameters, Session session)
    {
        var book = session.Server.Enrollments;
        using var turn = await book.TakeTurnAsync(session.Closed);
        if (session.Caller.Enrollment is not { } bound || await book.FindAsync(bound.Id, session.Closed) is not { IsApproved: true } own)
        {
            return Refuse("only an approved enrollment can update itself");
        }

        if (await CheckAsync(parameters, own, session) is { } problem)
        {
            return Refuse(problem);
        }

        var record = EnrollmentDocument.Edit(own, document => Merge(document, parameters));
        if (record.Length > session.Limits.EnrollmentBytesMax)
        {
            return Refuse($"the enrollment would be larger than {session.Limits.EnrollmentBytesMax} bytes");
        }

        var updated = Enrollment.TryRead(own.Id, record, own.ExpiresAt)!;
        List<StoreChange> changes =
        [
            book.Put(own.Id, record, own.ExpiresAt),
            .. ReservedData.Publish(updated, parameters.ApskJson, parameters.ApskLegacy, book),
        ];
        if (updated.ApkamPublicKey != own.ApkamPublicKey)
        {
            changes.AddRange(EnrollmentKeys.Publish(updated, book));
            if (await Revocation.FirstKeyAsync(book, session.Closed) == own.ApkamPublicKey)
            {
                // The old key must not go on opening the atSign; only RSA keys work for those who log in without an id.
                changes.Add(updated.SigningAlgo is null or "rsa2048"
                    ? ServerChange.Silent(KeyRules.PkamPublicKey, updated.ApkamPublicKey!, book.Now.ToUnixTimeMilliseconds())
                    : book.Delete(KeyRules.PkamPublicKey));
            }
        }

        await book.ApplyAsync(changes);
        session.Server.Refresh(updated);
        Log.EnrollmentChanged(session.Host.Logger, book.Owner, own.Id, "updated");
        return Response.Data($"{{\"enrollmentId\":\"{own.Id}\",\"status\":\"{own.State}\"}}");
    }

    private static async ValueTask<string?> CheckAsync(EnrollParams parameters, Enrollment own, Session session)
    {
        if (parameters.EnrollmentId is { } id && !id.Equals(own.Id, StringComparison.OrdinalIgnoreCase))
        {
            return "an enrollment can update only itself";
        }

        if (parameters.Namespaces is not null)
        {
            return "namespaces cannot be changed by enroll:update: ask for another enrollment";
        }

        if (parameters is { ApskJson: not null, ApskLegacy: not null })
        {
            return "apsk and apskLegacy exclude each other";
        }

        if (parameters.ApkamPublicKey is not { } key)
        {
            return parameters.SigningAlgo is null ? null : "signingAlgo goes with a new apkamPublicKey";
        }

        var algorithm = parameters.SigningAlgo ?? own.SigningAlgo ?? "rsa2048";
        if (algorithm is not ("rsa2048" or "ecc_secp256r1" or "mldsa65")
            || parameters.ApkamPublicKeySignature is not { } signature
            || PkamSignature.Verify(key, algorithm, "sha256", $"{own.Id}|{key}|{algorithm}", signature) is not true)
        {
            return "apkamPublicKeySignature has to be the new key's signature of <enrollmentId>|<apkamPublicKey>|<signingAlgo>";
        }

        var all = await session.Server.Enrollments.ListAsync(session.Closed);
        return all.Any(other => other.Id != own.Id && other.ApkamPublicKey == key) ? "another enrollment holds this apkam public key" : null;
    }

    private static void Merge(JsonObject document, EnrollParams parameters)
    {
        if (parameters.ApkamPublicKey is { } key)
        {
            document["apkamPublicKey"] = key;
            if (parameters.SigningAlgo is { } algorithm)
            {
                document["signingAlgo"] = algorithm;
            }
        }

        if (parameters.ApskJson is not null || parameters.ApskLegacy is not null)
        {
            document.Remove("apsk");
            document.Remove("apskLegacy");
            document[parameters.ApskJson is null ? "apskLegacy" : "apsk"] =
                parameters.ApskJson is { } json ? JsonNode.Parse(json) : (JsonNode?)parameters.ApskLegacy;
        }

        if (parameters.MetadataJson is { } metadata)
        {
            if (document["metadata"] is not JsonObject kept)
            {
                document["metadata"] = kept = [];
            }

            foreach (var (name, value) in JsonNode.Parse(metadata)!.AsObject())
            {
                kept[name] = value?.DeepClone();
            }
        }
    }

    private static Response Refuse(string problem) => Response.Refuse(AtErrorCodes.InternalException, problem);
}
